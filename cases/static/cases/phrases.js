// Phrases: the dialog offers those that fit the chosen verdict, the first nine by a figure; one goes into the comment
// where the cursor stood. Copying: the reading, or a signed report, as plain text in one key.
import { findingWords } from "./findings.js";
import { toast } from "./page.js";

const dialog = document.getElementById("phrases");
const form = document.getElementById("reading");

if (dialog && form) {
  const { comment } = form.elements;
  comment.setSelectionRange(comment.value.length, comment.value.length); // a browser starts at the beginning
  dialog.addEventListener("dialog:open", offer);
  dialog.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-phrase]");
    if (!chosen) return;
    dialog.close();
    insert(form.elements.comment, chosen.dataset.phrase);
  });
}

function offer() {
  const verdict = form.querySelector("input[name=verdict]:checked")?.value || "";
  let number = 0;
  for (const button of dialog.querySelectorAll("[data-phrase]")) {
    button.hidden = Boolean(button.dataset.ofVerdict) && button.dataset.ofVerdict !== verdict;
    number += button.hidden ? 0 : 1;
    const key = !button.hidden && number <= 9 ? String(number) : "";
    button.querySelector("kbd").textContent = key;
    if (key) button.dataset.key = key;
    else delete button.dataset.key;
  }
}

function insert(field, text) {
  const [start, end] = [field.selectionStart, field.selectionEnd];
  const before = field.value.slice(0, start);
  const gap = before && !/\s$/.test(before) ? " " : "";
  field.setRangeText(gap + text, start, end, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copies]");
  if (button) copy(button.dataset.copyText ?? readingText(), button);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-puts-text]");
  if (button && form) insert(form.elements.comment, button.dataset.putsText);
});

function readingText() {
  const verdict = form.querySelector("input[name=verdict]:checked")?.dataset.keyLabel;
  return [verdict, ...findingWords(form), form.elements.comment.value.trim()].filter(Boolean).join("\n");
}

async function copy(text, button) {
  if (!text) return toast(button.dataset.wordNothing);
  try {
    await navigator.clipboard.writeText(text);
    toast(button.dataset.wordCopied);
  } catch {
    toast(button.dataset.wordRefused);
  }
}
