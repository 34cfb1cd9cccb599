// A part of the page becomes what the server says of it now; what a person has in hand stays.

const seen = new WeakMap(); // what the server last said of a node; scripts may have added to the node itself
const OWN = /^(class|open|data-live|data-local)/;

/** What the page came with, before scripts add to it. */
export function remember(node) {
  seen.set(node, contentOf(node));
}

/** A form's token differs in every answer and means nothing. */
function contentOf(node) {
  return node.innerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1");
}

/** Makes `node` like `fresh`, attributes and content; what has the focus keeps its content. True where something changed. */
export function morph(node, fresh) {
  const before = seen.get(node) ?? contentOf(node);
  const now = contentOf(fresh);
  const changed = morphAttributes(node, fresh) || before !== now;
  seen.set(node, now);
  if (before === now) return changed;
  const focused = document.activeElement;
  if (node !== focused && node.contains(focused) && node.children.length === fresh.children.length) {
    [...node.children].forEach((child, index) => morph(child, fresh.children[index]));
  } else if (node !== focused) {
    const unfolded = [...node.querySelectorAll("details")].map((line) => line.open);
    node.replaceChildren(...[...fresh.childNodes].map((child) => document.importNode(child, true)));
    const lines = node.querySelectorAll("details");
    if (lines.length === unfolded.length) lines.forEach((line, index) => { line.open ||= unfolded[index]; });
  }
  return changed;
}

function morphAttributes(node, fresh) {
  const different = [...fresh.attributes].filter(({ name, value }) => !OWN.test(name) && node.getAttribute(name) !== value);
  for (const { name, value } of different) node.setAttribute(name, value);
  const gone = [...node.attributes].filter(({ name }) => !OWN.test(name) && !fresh.hasAttribute(name) && name !== "aria-keyshortcuts");
  for (const { name } of gone) node.removeAttribute(name);
  if (fresh instanceof Element && !(fresh instanceof SVGElement)) node.className = fresh.className;
  return different.length + gone.length > 0;
}
