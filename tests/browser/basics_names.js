// What on this page has no name, label or alternative text.
() => {
  const shown = (e) => e.checkVisibility({visibilityProperty: true}) && !e.closest('[inert], [hidden]');
  const words = (text) => (text || '').replace(/\s+/g, ' ').trim();
  const called = (e) => words(e.getAttribute('aria-label')) || words(e.title) ||
    words(e.getAttribute('aria-labelledby')?.split(' ').map((id) => document.getElementById(id)?.textContent).join(' ')) ||
    words([...(e.labels || [])].map((label) => label.textContent + (label.querySelector('img')?.alt || '')).join(' '));
  const spoken = (e) => called(e) || words(e.textContent) || words(e.value) ||
    words([...e.querySelectorAll('[aria-label], img')].map((i) => i.getAttribute('aria-label') || i.alt).join(' '));
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const named = (what, elements) => elements.map((e) => `${what}: ${e.outerHTML.slice(0, 140)}`);
  const fields = all('input:not([type=hidden], [type=submit], [type=button], [type=reset]), select, textarea');
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id).filter(Boolean);
  return [
    ...named('a field without a label', fields.filter((e) => !called(e))),
    ...named('a button or link without a name', all('button, a[href], summary').filter((e) => !spoken(e))),
    ...named('a picture without alt', [...document.images].filter((e) => !e.hasAttribute('alt'))),
    ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `an id twice: ${id}`),
    ...(document.documentElement.lang ? [] : ['the page names no language']),
    ...(document.title ? [] : ['the page has no title']),
    ...(all('h1').length + document.querySelectorAll('h1.visually-hidden').length ? [] : ['no heading of first level']),
    ...(document.documentElement.scrollWidth > innerWidth ? ['the page is wider than its window'] : []),
  ];
}
