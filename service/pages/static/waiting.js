// Looks again now and then whether the page says something new, and shows it then: whoever reads the page, or hears
// it, is not interrupted by reloads that change nothing.
"use strict";

const again = async () => {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer && answer.ok && !(await answer.text()).includes("data-waiting")) location.replace(location.href);
  else look();
};
// A full hall may wait on this page: spread the questions.
const look = () => setTimeout(again, 15000 + Math.random() * 10000);
look();
