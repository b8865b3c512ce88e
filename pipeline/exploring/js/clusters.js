// The list of clusters: what each is, and which are shown.

const everyCluster = [...Array(k).keys(), ...(noise ? [-1] : [])];

function clusterRow(cluster) {
  const size = sizes[cluster < 0 ? k : cluster],
    name = clusterName(cluster);
  const major = cluster >= 0 && labelled ? known.majority[cluster] : "";
  const box = h("input", {
    type: "checkbox",
    id: `show-${cluster}`,
    "data-cluster": cluster,
    onchange: (event) => {
      const hidden = new Set(state.hidden);
      hidden[event.target.checked ? "delete" : "add"](cluster);
      setHidden(hidden);
    },
  });
  box.checked = !state.hidden.has(cluster);
  const only = h(
    "button",
    {
      type: "button",
      "aria-label": `Show ${name} only`,
      onclick: () => setHidden(everyCluster.filter((other) => other !== cluster)),
    },
    "only",
  );
  const select = h(
    "button",
    { type: "button", "aria-label": `Select ${name}`, onclick: () => selectCluster(cluster) },
    "select",
  );
  return h(
    "li",
    {},
    box,
    h(
      "label",
      { for: `show-${cluster}` },
      swatch(cluster),
      h("b", {}, name),
      major ? h("span", { class: "major" }, `mostly ${major} (${percent(pure[cluster])})`) : null,
    ),
    h("span", { class: "n", title: plural(size, "image") }, count(size)),
    strip(typical.get(cluster) ?? [], `Typical images of ${name}`),
    h("span", { class: "acts" }, only, select),
  );
}

// Some of the surest members of each cluster, of equals those in its densest part.
const typical = new Map();
{
  const sure = Float32Array.from(facts.confidence, (value) => Math.round(100 * value));
  const better = (a, b) => sure[b] - sure[a] || facts.outlier[a] - facts.outlier[b];
  for (const i of Array.from({ length: n }, (_, i) => i).sort(better)) {
    const found = typical.get(facts.cluster[i]) ?? [];
    if (found.length < 5) typical.set(facts.cluster[i], [...found, i]);
  }
}

// Share of a cluster's labelled members that have its most frequent label.
const pure = Array.from({ length: k }, () => 0);
if (labelled) {
  const seen = new Int32Array(k),
    right = new Int32Array(k);
  for (let i = 0; i < n; i++) {
    if (facts.cluster[i] < 0 || facts.label[i] < 0) continue;
    seen[facts.cluster[i]]++;
    right[facts.cluster[i]] += facts.surprise[i] ? 0 : 1;
  }
  for (let cluster = 0; cluster < k; cluster++) pure[cluster] = right[cluster] / Math.max(seen[cluster], 1);
}

function selectCluster(cluster) {
  if (state.hidden.has(cluster)) setHidden([...state.hidden].filter((other) => other !== cluster));
  setSelection(members((i) => facts.cluster[i] === cluster));
  showTab("selection");
}

function showClusters() {
  fill(
    find("clusters"),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", id: "show-all", onclick: () => setHidden([]) }, "Show all"),
      h("button", { type: "button", id: "show-none", onclick: () => setHidden(everyCluster) }, "Hide all"),
    ),
    h("ul", { class: "clusters" }, ...everyCluster.map(clusterRow)),
  );
}

function checkClusters() {
  for (const box of document.querySelectorAll("[data-cluster]")) {
    box.checked = !state.hidden.has(Number(box.dataset.cluster));
  }
}
