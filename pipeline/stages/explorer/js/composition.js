// How a selection is made up: a table with a bar for each group, the largest first.

const MAX_BARS = 12;

/**
 * @param {string} title
 * @param {Int32Array} images
 * @param {Group} property
 */
function compositionTable(title, images, property) {
  const groupName = property === "cluster" ? clusterName : labelName;
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const i of images) counts.set(columns[property][i], (counts.get(columns[property][i]) ?? 0) + 1);
  const groups = [...counts].sort((a, b) => b[1] - a[1]);
  const numbers = (/** @type {number} */ size) => [
    h("td", { class: "number" }, formatCount(size)),
    h("td", { class: "number" }, formatPercent(size / images.length)),
  ];
  const rows = groups.slice(0, MAX_BARS).map(([group, size]) => {
    // Colours stand for clusters; labels have none of their own.
    const colour = property === "cluster" ? groupColour(group) : cssValue("--field");
    const bar = { class: "bar", "--colour": colour, "--share": `${(100 * size) / groups[0][1]}%` };
    const icon = property === "cluster" ? swatch(group) : null;
    return h("tr", {}, h("th", { scope: "row" }, icon, groupName(group)), h("td", bar), ...numbers(size));
  });
  const rest = groups.slice(MAX_BARS);
  if (rest.length) {
    const size = rest.reduce((sum, [, count]) => sum + count, 0);
    rows.push(h("tr", {}, h("th", { colspan: 2, scope: "row" }, `${rest.length} more`), ...numbers(size)));
  }
  return h("table", { class: "composition" }, h("caption", {}, title), h("tbody", {}, ...rows));
}
