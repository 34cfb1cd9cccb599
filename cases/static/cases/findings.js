// The lines of findings: whoever fills the empty one gets another, up to twelve. Escape leaves a list, so that the
// keys of the page work again. Without this file a saved page brings the next empty line.
const MOST = 12;

for (const place of document.querySelectorAll("[data-findings]")) {
  place.addEventListener("change", () => addLine(place));
  place.addEventListener("keydown", (event) => { if (event.key === "Escape") event.target.blur(); });
}

function addLine(place) {
  const lines = [...place.querySelectorAll("[data-finding]")];
  const last = lines.at(-1);
  if (lines.length >= MOST || !last.querySelector("select").value) return;
  const next = last.cloneNode(true);
  for (const list of next.querySelectorAll("select")) list.value = "";
  last.querySelector("kbd")?.remove();
  delete last.querySelector("[data-key]")?.dataset.key;
  last.querySelector("[aria-keyshortcuts]")?.removeAttribute("aria-keyshortcuts");
  last.after(next);
}

/** The findings as they stand, a line each: what, side, zone. */
export function findingWords(place = document) {
  return [...place.querySelectorAll("[data-finding]")].map(wordsOf).filter(Boolean);
}

function wordsOf(line) {
  const lists = [...line.querySelectorAll("select")];
  return lists.filter((list) => list.value).map((list) => list.selectedOptions[0].textContent).join(" · ");
}
