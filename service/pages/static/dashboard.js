// Keeps the dashboard of a meeting room fresh for hours: takes the new figures over, and says when none come any more.

const board = () => document.querySelector("[data-refresh]");
const every = Number(board().dataset.refresh) * 1000;
const ANSWER_WITHIN_MS = 15_000;

async function renew() {
  try {
    const options = { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) };
    const answer = await fetch(location.href, options);
    if (answer.status === 404) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const seen = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
    // A portal of a guest network answers too, with a page of its own.
    if (!seen) throw new Error("another page");
    board().replaceWith(document.adoptNode(seen));
  } catch {
    board().querySelector("[data-lost]").hidden = false;
  }
}

setInterval(renew, every);
