// The list of clusters: size, most frequent label, typical images, and whether the cluster is shown.

const allClusters = [...Array(k).keys(), ...(hasNoise ? [-1] : [])];

// The most confident members of each cluster, nearest to the cluster's median on the map first.
/** @type {Map<number, number[]>} */
const typicalImages = new Map();
{
  /** @type {Map<number, number[]>} */
  const members = new Map(allClusters.map((cluster) => [cluster, []]));
  for (let i = 0; i < n; i++) members.get(columns.cluster[i])?.push(i);
  const median = (/** @type {number[]} */ values) => Float32Array.from(values).sort()[values.length >> 1];
  for (const [cluster, images] of members) {
    const x = median(images.map((i) => columns.x[i]));
    const y = median(images.map((i) => columns.y[i]));
    const confidence = (/** @type {number} */ i) => Math.round(100 * columns.confidence[i]);
    const distance = (/** @type {number} */ i) => (columns.x[i] - x) ** 2 + (columns.y[i] - y) ** 2;
    images.sort((i, j) => confidence(j) - confidence(i) || distance(i) - distance(j));
    typicalImages.set(cluster, images.slice(0, 5));
  }
}

// Share of each cluster's labelled members that have its most frequent label.
const purity = new Float64Array(k);
if (columns.disagrees) {
  const labelled = new Int32Array(k),
    agreeing = new Int32Array(k);
  for (let i = 0; i < n; i++) {
    if (columns.cluster[i] < 0 || columns.label[i] < 0) continue;
    labelled[columns.cluster[i]]++;
    agreeing[columns.cluster[i]] += columns.disagrees[i] ? 0 : 1;
  }
  for (let cluster = 0; cluster < k; cluster++) purity[cluster] = agreeing[cluster] / Math.max(labelled[cluster], 1);
}

/** @param {number} cluster */
function clusterRow(cluster) {
  const size = clusterSize(cluster),
    name = clusterName(cluster),
    id = `show-${cluster}`;
  const majority = cluster >= 0 ? data.majority[cluster] : "";
  const onchange = (/** @type {Event} */ event) => {
    const hidden = new Set(state.hidden);
    if (/** @type {HTMLInputElement} */ (event.target).checked) hidden.delete(cluster);
    else hidden.add(cluster);
    setHidden(hidden);
  };
  const checkbox = h("input", {
    type: "checkbox",
    id,
    "data-cluster": cluster,
    title: `Show ${name} on the map`,
    onchange,
  });
  checkbox.checked = !state.hidden.has(cluster);
  const showOnly = () => setHidden(allClusters.filter((other) => other !== cluster));
  const share = majority
    ? h("span", { class: "majority" }, `mostly ${majority} (${formatPercent(purity[cluster])})`)
    : null;
  return h(
    "li",
    {},
    checkbox,
    h("label", { for: id }, swatch(colourGroup(cluster)), h("b", {}, name), share),
    h("span", { class: "number", title: plural(size, "image") }, formatCount(size)),
    tileRow(typicalImages.get(cluster) ?? [], `Typical images of ${name}`),
    h(
      "span",
      { class: "actions" },
      button("Only", showOnly, { "aria-label": `Show ${name} only`, title: `Show ${name} only` }),
      button("Select", () => selectCluster(cluster), { "aria-label": `Select ${name}`, title: `Select ${name}` }),
    ),
  );
}

/** @param {number} cluster */
function selectCluster(cluster) {
  if (state.hidden.has(cluster)) showCluster(cluster);
  setSelection(visibleImages((i) => columns.cluster[i] === cluster));
  showTab("selection");
}

function renderClusters() {
  const showAll = button("Show all", () => setHidden([]), { id: "show-all" });
  const hideAll = button("Hide all", () => setHidden(allClusters), { id: "hide-all" });
  const list = h("ul", { class: "clusters" }, ...allClusters.map(clusterRow));
  setChildren(byId("clusters"), h("p", { class: "buttons" }, showAll, hideAll), list);
}

function updateClusterCheckboxes() {
  for (const cluster of allClusters) inputById(`show-${cluster}`).checked = !state.hidden.has(cluster);
}
