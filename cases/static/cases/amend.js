// An amendment is not saved before it is signed: what is typed stays in this tab (drafts.js), through a login that has
// ended too, and is offered again.
import { keepWords } from "./autosave.js";
import { offerDraft } from "./drafts.js";

const form = document.getElementById("amendment");
form.addEventListener("input", () => keepWords(form));
offerDraft(form);
