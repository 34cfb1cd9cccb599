// Choosing on the case page: which of its pictures is shown, and the next answer to a question by one key.

/** Several pictures: the tabs switch without a new page, so that typed text and each picture's window stay. */
function pictureTabs() {
  const tabs = [...document.querySelectorAll("[data-picture-tab]")];
  const show = (tab) => {
    for (const other of tabs) other.toggleAttribute("aria-current", other === tab);
    tab.setAttribute("aria-current", "true");
    for (const picture of document.querySelectorAll("[data-picture]")) {
      const chosen = picture.dataset.picture === tab.dataset.pictureTab;
      picture.hidden = picture.inert = !chosen;
    }
  };
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-picture-tab]");
    const step = event.target.closest("[data-picture-step]");
    if (tab) event.preventDefault();
    if (tab) show(tab);
    if (!step || !tabs.length) return;
    const here = tabs.findIndex((item) => item.getAttribute("aria-current") === "true");
    show(tabs[(here + Number(step.dataset.pictureStep) + tabs.length) % tabs.length]);
  });
}

/** One key goes through the answers of a question, and after the last one back to the first. */
function nextChoices() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-next-choice]");
    if (!button) return;
    const answers = [...document.querySelectorAll(`input[name="${button.dataset.nextChoice}"]`)];
    answers[(answers.findIndex((item) => item.checked) + 1) % answers.length]?.click();
  });
}

pictureTabs();
nextChoices();
