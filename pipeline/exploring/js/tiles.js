// Images in the panel: tiles that show on the map what one points at, and galleries of them.

const waiting = new Set();

// An image element; where its sheet has not arrived yet, the picture follows when it has.
function imageOf(i, given = {}) {
  const element = h("img", { alt: "", ...given });
  const address = picture(i);
  if (address) element.src = address;
  else waiting.add([element, i]);
  return element;
}

function picturesArrived() {
  for (const [element, i] of waiting) element.src = picture(i) ?? "";
  waiting.clear();
  tell("overlay");
}

// A tile: the image in its cluster's colour, and a word below. Clicking it pins the image.
function tile(i, word) {
  return h(
    "button",
    {
      class: "tile",
      type: "button",
      colour: groupColour(facts.cluster[i]),
      "aria-label": word ? `${describe(i)}, ${word}` : describe(i),
      title: describe(i),
      "data-image": i,
      tabindex: "-1",
      onclick: () => {
        setPin(i);
        reveal(i);
      },
      onpointerenter: () => setHover(i),
      onpointerleave: () => setHover(-1),
      onfocus: () => setHover(i),
      onblur: () => setHover(-1),
    },
    imageOf(i),
    word ? h("span", {}, word) : null,
  );
}

// A few images in a row, without words.
function strip(rows, name) {
  const tiles = Array.from(rows, (i) => tile(i, ""));
  if (tiles.length) tiles[0].tabIndex = 0;
  return h("div", { class: "strip", role: "group", "aria-label": name, onkeydown: walk }, ...tiles);
}

// Tiles in rows: one stop of the tab key, the arrows move within. More of a long list come when asked for.
function gallery(rows, word, name, step = 120) {
  const grid = h("div", { class: "gallery", role: "group", "aria-label": name, onkeydown: walk });
  const more = h("button", { class: "more", type: "button", onclick: () => add() });
  let done = 0;
  function add() {
    const part = rows.slice(done, done + step);
    const first = done;
    grid.append(...Array.from(part, (i) => tile(i, word(i))));
    done += part.length;
    more.hidden = done >= rows.length;
    more.textContent = `Show ${count(Math.min(step, rows.length - done))} more of ${count(rows.length)}`;
    if (!first && grid.firstChild) grid.firstChild.tabIndex = 0;
    else if (first) grid.children[first].focus();
  }
  add();
  return h("div", {}, grid, more);
}

function walk(event) {
  const tiles = [...event.currentTarget.children],
    at = tiles.indexOf(document.activeElement);
  if (at < 0) return;
  const top = tiles[0].offsetTop,
    columns = tiles.findIndex((element) => element.offsetTop > top);
  const across = columns < 0 ? tiles.length : columns;
  const steps = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -across,
    ArrowDown: across,
    Home: -at,
    End: tiles.length - 1 - at,
  };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const to = tiles[at + steps[event.key]];
  if (!to) return;
  tiles[at].tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

// A bar for each group of a composition, the largest first. Only clusters have the colours that stand for them.
function composition(name, rows, of, nameOf, hued, most = 12) {
  const counts = new Map();
  for (const i of rows) counts.set(of[i], (counts.get(of[i]) ?? 0) + 1);
  const parts = [...counts].sort((a, b) => b[1] - a[1]);
  const bars = parts.slice(0, most).map(([group, size]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, hued ? swatch(group) : null, nameOf(group)),
      h("td", {
        class: "bar",
        colour: hued ? groupColour(group) : style("--field"),
        share: `${(100 * size) / parts[0][1]}%`,
      }),
      h("td", { class: "n" }, count(size)),
      h("td", { class: "n" }, percent(size / rows.length)),
    ),
  );
  const rest = parts.slice(most).reduce((sum, [, size]) => sum + size, 0);
  const last = rest
    ? h(
        "tr",
        {},
        h("th", { colspan: 2, scope: "row" }, `${parts.length - most} more`),
        h("td", { class: "n" }, count(rest)),
        h("td", { class: "n" }, percent(rest / rows.length)),
      )
    : null;
  return h("table", { class: "composition" }, h("caption", {}, name), h("tbody", {}, ...bars, last));
}
