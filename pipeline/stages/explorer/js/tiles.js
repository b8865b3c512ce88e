// Images in the panel: tiles, and rows and galleries of them.

/** @typedef {(i: number) => string} Caption */
/** @type {WeakMap<Element, Caption>} */
const captions = new WeakMap();

/**
 * A thumbnail framed in the colour of its cluster, with a caption and a sign of its mark. Pointing at it marks the image
 * on the map, a click pins the image.
 *
 * @param {number} i
 * @param {Caption | null} caption
 */
function tile(i, caption) {
  const element = h(
    "button",
    {
      class: "tile",
      type: "button",
      "data-image": i,
      tabindex: "-1",
      onclick: () => {
        setPin(i);
        revealImage(i);
      },
      onpointerenter: () => setHover(i),
      onpointerleave: () => setHover(-1),
      onfocus: () => setHover(i),
      onblur: () => setHover(-1),
    },
    thumbnailElement(i),
    caption ? h("span") : null,
  );
  if (caption) captions.set(element, caption);
  updateTile(element);
  return element;
}

/**
 * Write what of a tile depends on the clusters.
 *
 * @param {HTMLElement} element
 */
function updateTile(element) {
  const i = Number(element.dataset.image),
    caption = captions.get(element)?.(i) ?? "",
    description = describeImage(i);
  element.style.setProperty("--colour", groupColour(columns.cluster[i]));
  element.dataset.mark = MARKS[marks[i]];
  element.title = description;
  element.setAttribute("aria-label", caption ? `${description}, ${caption}` : description);
  const text = element.querySelector("span");
  if (text) text.textContent = caption;
}

/** @param {HTMLElement} part */
const updateTiles = (part) =>
  part.querySelectorAll(".tile").forEach((element) => updateTile(/** @type {HTMLElement} */ (element)));

/**
 * A few tiles in one row, without captions.
 *
 * @param {ArrayLike<number>} images
 */
function tileRow(images) {
  const tiles = Array.from(images, (i) => tile(i, null));
  if (tiles.length) tiles[0].tabIndex = 0;
  return h("div", { class: "tile-row", role: "group", onkeydown: moveTileFocus }, ...tiles);
}

/**
 * Tiles in rows, `pageSize` at first and as many more at each click. The Tab key stops once, arrows move within.
 *
 * @param {number[] | Int32Array} images
 * @param {Caption} caption
 * @param {string} name
 */
function gallery(images, caption, name, pageSize = 120) {
  const tiles = h("div", { class: "gallery", role: "group", "aria-label": name, onkeydown: moveTileFocus });
  const more = button("", () => addTiles(), { class: "more" });
  let count = 0;
  function addTiles() {
    const page = images.slice(count, count + pageSize);
    tiles.append(...Array.from(page, (i) => tile(i, caption)));
    const firstNew = /** @type {HTMLElement | undefined} */ (tiles.children[count]);
    if (count) firstNew?.focus();
    else if (firstNew) firstNew.tabIndex = 0;
    count += page.length;
    more.hidden = count >= images.length;
    const remaining = images.length - count;
    more.textContent = `Show ${formatCount(Math.min(pageSize, remaining))} more of ${formatCount(images.length)}`;
  }
  addTiles();
  return h("div", {}, tiles, more);
}

/** @param {KeyboardEvent} event */
function moveTileFocus(event) {
  const group = /** @type {HTMLElement} */ (event.currentTarget);
  const tiles = /** @type {HTMLElement[]} */ ([...group.children]);
  const current = tiles.findIndex((element) => element === document.activeElement);
  if (current < 0) return;
  const secondRow = tiles.findIndex((element) => element.offsetTop > tiles[0].offsetTop);
  const perRow = secondRow < 0 ? tiles.length : secondRow;
  /** @type {Record<string, number>} */
  const steps = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -perRow,
    ArrowDown: perRow,
    Home: -current,
    End: tiles.length - 1 - current,
  };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const target = tiles[current + steps[event.key]];
  if (!target) return;
  tiles[current].tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}
