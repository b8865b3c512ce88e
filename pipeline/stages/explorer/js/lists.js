// Ranked lists of images that deserve a look, among the visible clusters.

/**
 * @typedef {object} RankedList
 * @property {string} name
 * @property {string} explanation
 * @property {string} emptyText
 * @property {(i: number) => unknown} includes
 * @property {(a: number, b: number) => number} compare
 * @property {(i: number) => string} caption
 */

/** @type {Record<string, RankedList>} */
const LISTS = {
  misfits: {
    name: "Misfits",
    explanation:
      `More than half of their ${data.graph_neighbours} nearest neighbours are in another cluster. ` +
      "They lie at a border between clusters or are in the wrong cluster. " +
      "Captions: cluster → most frequent other cluster among the neighbours.",
    emptyText: "No image has most of its neighbours in another cluster.",
    includes: (i) => columns.misfit[i] > 0.5 && rivalCluster(i) !== columns.cluster[i],
    // Among equal misfits, images with close neighbours come first: their neighbours are the best evidence.
    compare: (a, b) => columns.misfit[b] - columns.misfit[a] || columns.outlier[a] - columns.outlier[b],
    caption: (i) => `${clusterNumber(columns.cluster[i])} → ${clusterNumber(rivalCluster(i))}`,
  },
  outliers: {
    name: "Outliers",
    explanation:
      "Their mean distance to their nearest neighbours is more than 1.5 times that of the median image. " +
      "The number is this ratio.",
    emptyText: "No image is far from all others.",
    includes: (i) => columns.outlier[i] > 1.5,
    compare: (a, b) => columns.outlier[b] - columns.outlier[a],
    caption: (i) => `${columns.outlier[i].toFixed(1)}×`,
  },
  disagreements: {
    name: "Label disagreements",
    explanation:
      "Their label is not the most frequent label of their cluster. " +
      "Either the cluster or the label may be wrong. Most confident first.",
    emptyText: "Each image has the most frequent label of its cluster.",
    includes: (i) => disagrees(i),
    compare: (a, b) => columns.confidence[b] - columns.confidence[a] || columns.misfit[a] - columns.misfit[b],
    caption: clusterAndLabel,
  },
  copies: {
    name: "Exact duplicates",
    explanation: "They are equal to another image. Equal images stand together and have the same number.",
    emptyText: "No image is equal to another.",
    includes: (i) => (columns.copies?.[i] ?? -1) >= 0,
    compare: (a, b) => (columns.copies?.[a] ?? 0) - (columns.copies?.[b] ?? 0),
    caption: (i) => `${(columns.copies?.[i] ?? 0) + 1}`,
  },
  blank: {
    name: "Blank images",
    explanation: "All their pixels have nearly the same colour.",
    emptyText: "No image is blank.",
    includes: (i) => columns.blank?.[i],
    compare: () => 0,
    caption: (i) => clusterName(columns.cluster[i]),
  },
  unconfident: {
    name: "Least confident",
    explanation: "The images in clusters, least confident first.",
    emptyText: "No image is visible.",
    includes: (i) => columns.cluster[i] >= 0,
    compare: (a, b) => columns.confidence[a] - columns.confidence[b],
    caption: (i) => formatPercent(columns.confidence[i]),
  },
  marked: {
    name: "Marked",
    explanation: "Images marked “not sure” or “remove”. Removed images are noise on the map.",
    emptyText: "No image is marked.",
    includes: (i) => marks[i],
    compare: (a, b) => marks[b] - marks[a],
    caption: markName,
  },
};
if (!hasLabels) delete LISTS.disagreements;
if (!columns.copies) delete LISTS.copies;
if (!columns.blank) delete LISTS.blank;

let currentList = "misfits";

function renderLists() {
  const list = LISTS[currentList];
  const images = visibleImages(list.includes).sort((a, b) => list.compare(a, b) || a - b);
  const options = Object.entries(LISTS).map(([key, { name }]) =>
    h("option", { value: key, selected: key === currentList }, name),
  );
  const onchange = (/** @type {Event} */ event) => {
    currentList = /** @type {HTMLSelectElement} */ (event.target).value;
    renderLists();
    byId("list").focus();
  };
  const selectAll = () => {
    setSelection(images);
    showTab("selection");
  };
  const scope = state.hidden.size ? " of the visible clusters" : "";
  const text = images.length ? `${plural(images.length, "image")}${scope}. ${list.explanation}` : list.emptyText;
  setChildren(
    byId("lists"),
    h("p", { class: "choice" }, h("label", { for: "list" }, "List"), h("select", { id: "list", onchange }, ...options)),
    h("p", { class: "hint" }, text),
    ...(images.length
      ? [
          h("p", { class: "buttons" }, button("Select these images", selectAll, { id: "select-list" })),
          gallery(images, list.caption, list.name),
        ]
      : []),
  );
}

const listsAreRendered = () => byId("lists").childElementCount > 0;
