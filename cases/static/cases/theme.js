// The theme, before the first paint: "auto" (system; reading pages dark), "light" or "dark". Kept in this browser and in
// a cookie, so that the server's next page already has it.
(() => {
  "use strict";
  const root = document.documentElement;
  const CHOICES = ["auto", "light", "dark"];
  const read = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const keep = (choice) => {
    try { localStorage.setItem("theme", choice); } catch { /* private window: the cookie is enough */ }
    document.cookie = `theme=${choice}; path=/; max-age=31536000; samesite=lax`;
  };
  const show = (choice) => {
    root.dataset.theme = choice;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  };
  const current = () => (CHOICES.includes(read()) ? read() : CHOICES.includes(root.dataset.theme) ? root.dataset.theme : "auto");

  root.dataset.script = "on";
  root.dataset.theme = current();
  document.addEventListener("DOMContentLoaded", () => show(current()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    keep(button.dataset.themeChoice);
    show(button.dataset.themeChoice);
  });
})();
