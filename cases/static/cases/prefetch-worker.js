// A service worker with one purpose: the next case's picture is there at once. It keeps the bytes in its memory only,
// never in a cache on the disk, for minutes, hands each out once, and forgets all where somebody logs in or out.
// Everything else passes it by. It lives as long as a page speaks to it (prefetch.js).
const MINUTES = 10;
const kept = new Map(); // address: {answer: Promise<Response>, until}

self.addEventListener("install", (event) => {
  // What is not a picture never waits for this worker, where a browser can be told so. Logging in and out does: see below.
  const past = ["/static/*", "/cases/*"].map((pathname) => ({ condition: { urlPattern: new URLPattern({ pathname }) }, source: "network" }));
  event.addRoutes?.(past);
  self.skipWaiting();
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (Array.isArray(event.data?.ahead)) event.waitUntil(keep(event.data.ahead).then((count) => event.source?.postMessage({ kept: count })));
});

/** Only these from now on; what is here already is not asked for again. */
async function keep(addresses) {
  for (const address of [...kept.keys()]) if (!addresses.includes(address)) kept.delete(address);
  for (const address of addresses) {
    if (!kept.has(address)) kept.set(address, { answer: bytesOf(address), until: Date.now() + MINUTES * 60000 });
  }
  const found = await Promise.allSettled(addresses.map((address) => kept.get(address)?.answer));
  addresses.forEach((address, index) => { if (found[index].status === "rejected") kept.delete(address); });
  return found.filter(({ status }) => status === "fulfilled").length;
}

async function bytesOf(address) {
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  return new Response(await answer.arrayBuffer(), { headers: answer.headers });
}

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.mode === "navigate" && pathname.startsWith("/accounts/")) kept.clear();
  const found = origin === self.location.origin && event.request.method === "GET" ? kept.get(pathname) : undefined;
  if (!found) return;
  kept.delete(pathname);
  if (found.until > Date.now()) event.respondWith(found.answer.catch(() => fetch(event.request)));
});
