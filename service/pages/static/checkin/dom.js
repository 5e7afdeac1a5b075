// Small helpers around the document. Data only ever becomes text, never markup.

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** A copy of the first element inside a template. @param {string} id @returns {HTMLElement} */
export function copyOf(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

/** Sets the text and hides the element when there is none. */
export function tell(element, text) {
  if (element.textContent !== (text ?? "")) element.textContent = text ?? "";
  element.hidden = !text;
}

/**
 * Makes a list show `items`, keeping the elements of those that stay, so that nobody's focus is lost.
 *
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {() => HTMLElement} make
 * @param {(element: HTMLElement, item: T) => void} fill
 */
export function fillList(parent, items, keyOf, make, fill) {
  const former = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const key = keyOf(item);
    const element = former.get(key) ?? make();
    former.delete(key);
    element.dataset.key = key;
    fill(element, item);
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] ?? null);
  });
  for (const gone of former.values()) gone.remove();
}

/** A list of words: each in an element of its own. @param {[text: string, className: string][]} tags */
export function fillTags(parent, tags) {
  const make = () => document.createElement("li");
  fillList(parent, tags, ([text]) => text, make, (element, [text, className]) => {
    element.textContent = text;
    element.className = className;
  });
  parent.hidden = tags.length === 0;
}
