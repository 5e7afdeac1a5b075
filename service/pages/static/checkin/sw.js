// The station's service worker. The server puts SHELL before this text: {version, pages: {language: address},
// files: {address: integrity}}. It keeps the page and its files, all of one version, and nothing of the API.
/* global SHELL */

const CACHE = `checkin-${SHELL.version}`;
const CHOICE = "checkin-choice";
const LANGUAGE = "/language";
const PAGE = "/checkin";
const pathOf = (address) => new URL(address, location.origin).pathname;
const FILES = new Set(Object.keys(SHELL.files).map(pathOf));

self.addEventListener("install", (event) => event.waitUntil(fetchAll()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === PAGE) event.respondWith(page(request, searchParams.get("lang")));
  else if (FILES.has(pathname)) event.respondWith(kept(pathname, request));
});
self.addEventListener("message", (event) => {
  if (event.data.language) event.waitUntil(choose(event.data.language));
  if (event.data.ask === "activate") event.waitUntil(activateIfAlone(event.ports[0]));
});

// All or nothing: a file of another version than the rest, as while a server is being replaced, fails its integrity.
async function fetchAll() {
  const cache = await caches.open(CACHE);
  const fetched = async (address, integrity) => {
    const answer = await fetch(address, { cache: "no-cache", credentials: "omit", integrity });
    if (!answer.ok) throw new Error(`${answer.status} ${address}`);
    return answer;
  };
  const pages = Object.entries(SHELL.pages).map(async ([language, address]) =>
    cache.put(`${PAGE}?lang=${language}`, await fetched(address, "")),
  );
  const files = Object.entries(SHELL.files).map(async ([address, integrity]) =>
    cache.put(pathOf(address), await fetched(address, integrity)),
  );
  await Promise.all([...pages, ...files]);
}

async function begin() {
  const old = (await caches.keys()).filter((name) => name.startsWith("checkin-") && ![CACHE, CHOICE].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function activateIfAlone(port) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const alone = windows.filter(({ url }) => pathOf(url) === PAGE).length <= 1;
  port.postMessage(alone);
  if (alone) await self.skipWaiting();
}

async function choose(language) {
  if (SHELL.pages[language]) await (await caches.open(CHOICE)).put(LANGUAGE, new Response(language));
}

async function page(request, asked) {
  if (asked) await choose(asked);
  const chosen = await (await caches.open(CHOICE)).match(LANGUAGE);
  return kept(`${PAGE}?lang=${chosen ? await chosen.text() : Object.keys(SHELL.pages)[0]}`, request);
}

async function kept(key, request) {
  return (await (await caches.open(CACHE)).match(key)) ?? fetch(request);
}
