// The list of clusters: size, most frequent label, typical images, and whether the cluster is shown.

/** @param {number} cluster */
function clusterRow(cluster) {
  const summary = /** @type {ClusterSummary} */ (clusterSummaries.get(cluster)),
    size = summary.images.length;
  const name = clusterName(cluster),
    id = `show-${cluster}`;
  const onchange = (/** @type {Event} */ event) => {
    const hidden = new Set(state.hidden);
    if (/** @type {HTMLInputElement} */ (event.target).checked) hidden.delete(cluster);
    else hidden.add(cluster);
    setHidden(hidden);
  };
  const checkbox = h("input", {
    type: "checkbox",
    id,
    title: `Show ${name} on the map`,
    onchange,
  });
  checkbox.checked = !state.hidden.has(cluster);
  const showOnly = () => setHidden(allClusters().filter((other) => other !== cluster));
  const majority = majorityName(cluster);
  const share = majority
    ? h("span", { class: "majority" }, `mostly ${majority} (${formatPercent(summary.purity)})`)
    : null;
  const rowButton = (
    /** @type {string} */ text,
    /** @type {string} */ description,
    /** @type {() => void} */ onclick,
  ) => button(text, onclick, { id: `${text.toLowerCase()}-${cluster}`, "aria-label": description, title: description });
  return h(
    "li",
    { "data-cluster": cluster },
    checkbox,
    h("label", { for: id }, swatch(colourGroup(cluster)), h("b", {}, name), share, splitNote(cluster)),
    h("span", { class: "number", title: plural(size, "image") }, formatCount(size)),
    typicalRow(summary, name),
    h(
      "span",
      { class: "actions" },
      rowButton("Only", `Show ${name} only`, showOnly),
      rowButton("Select", `Select ${name}`, () => selectCluster(cluster)),
      cluster < 0 ? null : rowButton("Edit", `Rename, merge or split ${name}`, () => openClusterDialog(cluster)),
    ),
  );
}

/** @type {WeakMap<ClusterSummary, HTMLElement>} */
const typicalRows = new WeakMap();

/**
 * @param {ClusterSummary} summary
 * @param {string} name
 */
function typicalRow(summary, name) {
  const row = typicalRows.get(summary) ?? tileRow(summary.typical);
  typicalRows.set(summary, row);
  row.setAttribute("aria-label", `Typical images of ${name}`);
  updateTiles(row);
  return row;
}

/** @param {number} cluster */
function splitNote(cluster) {
  const parts = corrected.parts[cluster] ?? 1;
  return parts > 1 ? h("span", { class: "badge" }, `to be split in ${parts}`) : null;
}

/** @param {number} cluster */
function selectCluster(cluster) {
  if (state.hidden.has(cluster)) showCluster(cluster);
  setSelection(visibleImages((i) => columns.cluster[i] === cluster));
  showTab("selection");
}

function renderClusters() {
  const showAll = button("Show all", () => setHidden([]), { id: "show-all" });
  const hideAll = button("Hide all", () => setHidden(allClusters()), { id: "hide-all" });
  const list = h("ul", { class: "clusters" }, ...allClusters().map(clusterRow));
  keepFocus(byId("clusters"), () =>
    setChildren(byId("clusters"), h("p", { class: "buttons" }, showAll, hideAll), list),
  );
}

function updateClusterCheckboxes() {
  for (const cluster of allClusters()) inputById(`show-${cluster}`).checked = !state.hidden.has(cluster);
}
