// The similar signed cases, fetched when their line is opened and shown in place. Without this file the line holds a link.
import { toast } from "./page.js";

async function fill(line) {
  if (line.dataset.asked) return;
  line.dataset.asked = "yes";
  try {
    const answer = await fetch(line.dataset.similar, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("similar");
    line.querySelector("summary ~ *").replaceWith(document.importNode(found, true));
  } catch {
    delete line.dataset.asked;
    toast(line.dataset.wordFailed);
  }
}

// A details element tells of its opening without bubbling.
document.addEventListener("toggle", (event) => { if (event.target.open && event.target.matches("[data-similar]")) fill(event.target); }, true);
