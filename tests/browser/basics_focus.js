// What is wrong with the mark of the focus where it is now; null where nothing is.
() => {
  const focused = document.activeElement;
  if (focused === document.body || focused.tagName === 'IFRAME') return null;
  const outlined = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  const marked = (style) => outlined(style) || style.boxShadow !== 'none';
  const around = [focused, focused.parentElement, focused.closest('label, tr, .drop')].filter(Boolean);
  const seen = around.some((e) => marked(getComputedStyle(e)) || marked(getComputedStyle(e, '::after')));
  return seen ? null : `no mark where the focus is: ${focused.outerHTML.slice(0, 140)}`;
}
