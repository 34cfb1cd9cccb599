// Small things every page has: dialogs, menus, toasts in the status bar, rows by key, forms sent once.
import "./drafts.js";

/** Says something in the status bar for some seconds; it never covers a picture. */
export function toast(text, seconds = 6) {
  const place = document.getElementById("toasts");
  if (!place) return;
  const item = document.createElement("span");
  item.className = "toast";
  item.textContent = text;
  place.replaceChildren(item);
  setTimeout(() => item.remove(), seconds * 1000);
}
document.addEventListener("toast", (event) => toast(event.detail));

// <button data-opens="#id"> opens a dialog; a form with method="dialog" inside it closes it.
function openDialog(dialog) {
  if (!dialog || dialog.open) return;
  document.querySelector("details.menu[open]")?.removeAttribute("open");
  dialog.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
  dialog.showModal();
}
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) {
    event.preventDefault();
    openDialog(document.querySelector(opener.dataset.opens));
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// <button hidden data-key="j" data-row-step="1">: the focus goes from row to row, the links do the rest.
function stepRow(step) {
  const links = [...document.querySelectorAll(".row-link")];
  const here = links.indexOf(document.activeElement);
  const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + step, 0), links.length - 1);
  links[next]?.focus();
  links[next]?.closest("tr")?.scrollIntoView({ block: "nearest" });
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-row-step]");
  if (button) stepRow(Number(button.dataset.rowStep));
});

// A form is sent once: a double click does not sign twice. Coming back by the browser's button frees it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// <select data-submits> and the like send their form when they change (filters).
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-submits]")) event.target.form?.requestSubmit();
});

// <form data-unsaved="You have unsaved text."> asks before the page is left with unsent changes.
const dirty = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.unsaved !== undefined) dirty.add(form);
});
for (const kind of ["submit", "form:saved"]) document.addEventListener(kind, (event) => dirty.delete(event.target));
addEventListener("beforeunload", (event) => {
  if (dirty.size) event.preventDefault();
});
