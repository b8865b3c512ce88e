// Finding and making elements. Text is inserted as text, never as HTML.

/** @param {string} id */
function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element has the id ${id}`);
  return element;
}

const inputById = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
const canvasById = (/** @type {string} */ id) => /** @type {HTMLCanvasElement} */ (byId(id));

/** @param {HTMLCanvasElement | OffscreenCanvas} canvas */
const context2d = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/**
 * Make an element: `on…` attributes are listeners, `--…` attributes are style properties, `class` is its class.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} attributes
 * @param {(Node | string | null)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  setChildren(element, ...children);
  return element;
}

/**
 * @param {string} text
 * @param {() => void} onclick
 * @param {Record<string, any>} attributes
 */
const button = (text, onclick, attributes = {}) => h("button", { type: "button", onclick, ...attributes }, text);

/**
 * Replace an element's children, leaving out those that are null.
 *
 * @param {Element} element
 * @param {(Node | string | null)[]} children
 */
function setChildren(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null));
}

/** @type {number | undefined} */
let announcement;

/**
 * Have screen readers say a text; of many in a row only the last.
 *
 * @param {string} text
 */
function announce(text) {
  clearTimeout(announcement);
  announcement = setTimeout(() => (byId("announcement").textContent = text), 150);
}

/** @type {number | undefined} */
let noticeTimer;

/**
 * Show a text on the map for some seconds, and have screen readers say it.
 *
 * @param {string} text
 */
function notify(text) {
  const notice = byId("notice");
  clearTimeout(noticeTimer);
  notice.textContent = text;
  notice.hidden = false;
  noticeTimer = setTimeout(() => (notice.hidden = true), 6000);
  announce(text);
}

/**
 * Change a part of the page without losing the keyboard's place in it: the element with the same id, or the same image.
 *
 * @param {HTMLElement} part
 * @param {() => void} change
 */
function keepFocus(part, change) {
  const focused = document.activeElement;
  const isInside = focused instanceof HTMLElement && part.contains(focused);
  change();
  if (!isInside || document.activeElement === focused) return;
  const { image } = focused.dataset;
  const same = image ? part.querySelector(`[data-image="${image}"]`) : document.getElementById(focused.id);
  const target = focused.isConnected ? focused : same instanceof HTMLElement ? same : byId("overlay");
  target.focus();
}

/**
 * Save a text as a file.
 *
 * @param {string} name
 * @param {string} text
 * @param {string} type
 */
function saveFile(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** @param {string} property */
const cssValue = (property) => getComputedStyle(document.documentElement).getPropertyValue(property).trim();

/**
 * A command to copy: a click selects all of it.
 *
 * @param {string} text
 * @param {string} id of the button
 */
function commandBlock(text, id) {
  const command = h("pre", { class: "command", tabindex: "0", "aria-label": "Command" }, text);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notify("Command copied");
    } catch {
      getSelection()?.selectAllChildren(command);
      notify("Press Ctrl+C to copy the command");
    }
  };
  return h("div", { class: "command-block" }, command, button("Copy", copy, { id, "aria-label": "Copy the command" }));
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
