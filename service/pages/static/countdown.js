// Counts down to an instant the page names. The page also names the server's own time, so that a phone with a wrong
// clock, or a demo that lives in another year, still counts right.
"use strict";

for (const timer of document.querySelectorAll("[data-opens-at][data-now]")) {
  const { opensAt, now, days, hours, minutes, seconds, aloud } = timer.dataset;
  const listener = aloud && document.getElementById(aloud);
  const openedAt = Date.now() + (Date.parse(opensAt) - Date.parse(now));

  const spoken = (left) => {
    const day = Math.floor(left / 86400);
    const hour = Math.floor(left / 3600) % 24;
    const minute = Math.floor(left / 60) % 60;
    const say = (...parts) => parts.map(([number, unit]) => unit.replace("{n}", number)).join(" ");
    if (day > 0) return say([day, days], [hour, hours]);
    if (hour > 0) return say([hour, hours], [minute, minutes]);
    return minute > 0 ? say([minute, minutes], [left % 60, seconds]) : say([left, seconds]);
  };

  // A screen reader hears whole minutes: every tenth, then each of the last five.
  let heard = Infinity;
  const speak = (left) => {
    const minute = Math.ceil(left / 60);
    if (!listener || minute === heard || (minute > 5 && minute % 10)) return;
    heard = minute;
    listener.textContent = spoken(minute * 60).replace(seconds.replace("{n}", 0), "").trim();
  };

  const tick = () => {
    const left = Math.max(0, Math.ceil((openedAt - Date.now()) / 1000));
    timer.textContent = spoken(left);
    speak(left);
    if (left > 0) return;
    clearInterval(clock);
    // A full hall waits on this page: spread the reloads so that they do not arrive in one second.
    setTimeout(() => location.reload(), 1000 + Math.random() * 5000);
  };

  const clock = setInterval(tick, 1000);
  tick();
}
