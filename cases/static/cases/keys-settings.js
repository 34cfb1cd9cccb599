// The settings of the keys: pressing a key in a field writes its name. Tab and Enter keep their meaning, Backspace empties
// the field (type the word to choose it), and while Korean is composed nothing is written.
import { nameOf } from "./keys.js";

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-captures-key]") || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const name = nameOf(event);
  if (["tab", "enter", "escape", "shift", "process", "unidentified", "capslock"].includes(name) || name.startsWith("arrow")) return;
  event.preventDefault();
  event.target.value = name === "backspace" ? "" : name;
  event.target.dispatchEvent(new Event("input", { bubbles: true }));
});
