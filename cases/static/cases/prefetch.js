// Once this case's picture is there, the next one's bytes are fetched ahead: not claimed, not opened, kept in memory by
// prefetch-worker.js. Without a service worker (plain HTTP to another machine) the next picture is loaded when its turn comes.

const place = document.querySelector("[data-ahead-url]");
const STAY = 20000; // a worker that nobody speaks to ends after half a minute
const RENEW = 6; // of these: then somebody else may have taken the case, and another is next

async function start() {
  if (!place || !navigator.serviceWorker) return;
  await navigator.serviceWorker.register(place.dataset.workerUrl, { scope: "/" });
  const { active } = await navigator.serviceWorker.ready;
  let ahead = await ask(active);
  let beats = 0;
  setInterval(async () => {
    beats += 1;
    if (beats % RENEW === 0 && !document.hidden) ahead = await ask(active);
    else active.postMessage({ ahead });
  }, STAY);
}

async function ask(worker) {
  try {
    const answer = await fetch(place.dataset.aheadUrl, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return [];
    const { pictures } = await answer.json();
    worker.postMessage({ ahead: pictures });
    return pictures;
  } catch {
    return []; // no connection now: nothing is fetched ahead
  }
}

navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  if (place && typeof data?.kept === "number") place.dataset.kept = data.kept;
});
const begin = () => start().catch(() => {}); // no worker: the next picture is loaded when its turn comes
if (document.querySelector("pneumo-viewer[data-depth]")) begin();
else document.addEventListener("viewer:deep", begin, { once: true });
