// A verdict that needs words, and has none: said beside the comment, before the read-back opens.

/** The rule of the server (rules.check_verdict); the page says which verdicts it is about. */
export function lacksWords(form) {
  const verdict = form.querySelector("input[name=verdict]:checked");
  return Boolean(verdict?.hasAttribute("data-needs-words")) && !form.elements.comment.value.trim();
}

export function askForWords(form) {
  const { comment } = form.elements;
  tell(comment, true);
  if (!form.dataset.asksForWords) form.addEventListener("input", () => tell(comment, lacksWords(form)));
  form.dataset.asksForWords = "yes";
  comment.focus();
}

function tell(comment, missing) {
  const place = document.getElementById("comment-missing");
  if (!place) return;
  place.hidden = !missing;
  place.textContent = missing ? place.dataset.word : "";
  if (missing) comment.setAttribute("aria-invalid", "true");
  else comment.removeAttribute("aria-invalid");
}
