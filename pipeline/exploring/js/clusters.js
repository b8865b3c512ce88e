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

// The surest members of each cluster that lie nearest its middle on the map. Its densest part would not do: a clump of
// strangers in it is often denser than its own members.
const typical = new Map();
{
  const members = new Map();
  for (let i = 0; i < n; i++) {
    if (!members.has(facts.cluster[i])) members.set(facts.cluster[i], []);
    members.get(facts.cluster[i]).push(i);
  }
  const median = (values) => Float32Array.from(values).sort()[values.length >> 1];
  for (const [cluster, own] of members) {
    const x = median(own.map((i) => facts.x[i]));
    const y = median(own.map((i) => facts.y[i]));
    const sure = (i) => Math.round(100 * facts.confidence[i]);
    const far = (i) => (facts.x[i] - x) ** 2 + (facts.y[i] - y) ** 2;
    typical.set(cluster, own.sort((i, j) => sure(j) - sure(i) || far(i) - far(j)).slice(0, 5));
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
