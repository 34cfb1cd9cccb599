// Many files, each on its own way: one POST per file, three at once, a row with progress, and the server's row in its
// place as soon as it answers. Without this module the form sends all files at once.

const AT_ONCE = 3;

class Uploader {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.list = document.querySelector(form.dataset.files);
    this.input = form.querySelector("input[type=file]");
    this.waiting = [];
    this.running = 0;
    form.querySelector("[type=submit], button:not([type])")?.setAttribute("hidden", "");
    this.input.addEventListener("change", () => { this.add(this.input.files); this.input.value = ""; });
    form.addEventListener("submit", (event) => event.preventDefault());
    this.listenForDrops();
    addEventListener("beforeunload", (event) => { if (this.running || this.waiting.length) event.preventDefault(); });
  }

  listenForDrops() {
    const zone = this.form.querySelector("[data-drop]");
    const mark = (event, over) => { event.preventDefault(); zone.toggleAttribute("data-over", over); };
    // The whole window takes files: one dropped beside the zone must not replace the page.
    addEventListener("dragover", (event) => mark(event, true));
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(event, false); });
    addEventListener("drop", (event) => { mark(event, false); this.add(event.dataTransfer.files); });
  }

  add(files) {
    for (const file of files) {
      const row = new Row(file, this.words, () => this.queue(file, row));
      this.list.prepend(row.element);
      this.queue(file, row);
    }
  }

  queue(file, row) {
    const limit = Number(this.words.maxBytes);
    if (limit && file.size > limit) { row.fail(this.words.wordTooLarge, false); return; }
    row.show(this.words.wordWaiting, 0);
    // The fields are taken now: what is typed later belongs to the next files.
    const body = new FormData(this.form);
    body.delete(this.input.name);
    body.append(this.input.name, file, file.name.normalize("NFC"));
    this.waiting.push({ body, row });
    this.next();
  }

  next() {
    while (this.running < AT_ONCE && this.waiting.length) this.send(this.waiting.shift());
  }

  send({ body, row }) {
    this.running += 1;
    this.list.toggleAttribute("data-live-known", true); // the file's row is here already, without its number
    const request = new XMLHttpRequest();
    request.open("POST", this.words.fileUrl || this.form.action);
    request.setRequestHeader("Accept", "text/html");
    request.setRequestHeader("X-Fragment", "1");
    request.upload.onprogress = (event) => row.show(this.words.wordSending, event.loaded / event.total);
    request.upload.onload = () => row.show(this.words.wordReceived, 1);
    request.onload = () => this.take(request, row);
    request.onerror = () => row.fail(this.words.wordLost, true);
    request.onloadend = () => {
      this.running -= 1;
      this.list.toggleAttribute("data-live-known", this.running > 0);
      this.next();
      this.tellWhenDone();
    };
    request.send(body);
  }

  take(request, row) {
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    const fresh = answer.querySelector("li.file[id]");
    if (!fresh) { row.fail(reasonIn(answer) || this.words.wordFailed, true); return; }
    document.getElementById(fresh.id)?.remove(); // a file that was here before keeps one row
    const shown = document.importNode(fresh, true);
    shown.setAttribute("data-local", ""); // until an answer to live.js has it
    row.element.replaceWith(shown);
  }

  tellWhenDone() {
    if (this.running || this.waiting.length) return;
    document.dispatchEvent(new CustomEvent("toast", { detail: this.words.wordDone }));
  }
}

class Row {
  constructor(file, words, retry) {
    this.words = words;
    this.retry = retry;
    this.element = build("li", "file");
    this.element.setAttribute("data-local", "");
    this.note = build("div", "file-note");
    this.bar = document.createElement("progress");
    this.bar.max = 1;
    this.end = build("div", "file-end");
    const middle = build("div", "");
    const name = build("div", "file-name");
    name.textContent = file.name;
    this.bar.setAttribute("aria-label", file.name);
    middle.append(name, this.note);
    this.element.append(picture(), middle, this.end, this.bar);
    this.size = sizeOf(file.size);
  }

  show(word, share) {
    this.bar.hidden = false;
    this.end.replaceChildren();
    this.note.textContent = share > 0 && share < 1 ? `${word} · ${Math.round(share * 100)} % · ${this.size}` : `${word} · ${this.size}`;
    this.bar.value = share;
  }

  fail(sentence, canRetry) {
    this.bar.hidden = true;
    this.note.textContent = `${sentence} · ${this.size}`;
    const badge = build("span", "badge tone-danger");
    badge.append(symbol("octagon"), this.words.wordRefused || "!");
    this.end.replaceChildren(badge);
    if (!canRetry) return;
    const button = build("button", "button button-small");
    button.type = "button";
    button.textContent = this.words.wordRetry;
    button.addEventListener("click", this.retry);
    this.end.append(button);
  }
}

/** The sentence of a row without an id: nothing was stored, and this is why. */
function reasonIn(answer) {
  return answer.querySelector("li.file .file-note")?.textContent.trim();
}

function build(name, className) {
  const element = document.createElement(name);
  if (className) element.className = className;
  return element;
}

function symbol(name) {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "symbol");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  svg.firstChild.setAttribute("href", `#s-${name}`);
  return svg;
}

function picture() {
  const frame = build("div", "file-picture");
  frame.append(symbol("picture"));
  return frame;
}

function sizeOf(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

for (const form of document.querySelectorAll("form[data-upload]")) new Uploader(form);
