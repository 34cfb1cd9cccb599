// The site's clock, as on every page that the server writes; a browser may stand in another time zone.
const format = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: document.documentElement.dataset.timeZone };

/** @param {number} [at] milliseconds since the epoch, else now. @returns {string} as "14:05" */
export function siteTime(at = Date.now()) {
  return new Intl.DateTimeFormat("en-GB", format).format(at);
}
