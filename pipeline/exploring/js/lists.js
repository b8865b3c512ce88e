// Ranked lists of images that deserve a look, of the clusters that are shown.

const LISTS = {
  misfits: {
    name: "Misfits",
    words:
      `Most of their ${known.all_neighbours} nearest neighbours are in another cluster: ` +
      "they lie on a border, or are in the wrong cluster.",
    none: "No image lies mostly among another cluster's images.",
    wanted: (i) => facts.misfit[i] > 0.5,
    // Of equal misfits those with the nearest neighbours come first: theirs say most.
    order: (a, b) => facts.misfit[b] - facts.misfit[a] || facts.outlier[a] - facts.outlier[b],
    word: (i) => `${clusterName(facts.cluster[i])} → ${clusterName(facts.rival[i])}`,
  },
  outliers: {
    name: "Outliers",
    words: "Far from everything: their neighbours are this many times as far as is usual.",
    none: "No image is far from the others.",
    wanted: (i) => facts.outlier[i] > 1.5,
    order: (a, b) => facts.outlier[b] - facts.outlier[a],
    word: (i) => `${facts.outlier[i].toFixed(1)}×`,
  },
  surprises: {
    name: "Surprising labels",
    words:
      "Their label is not their cluster's usual one, the most confident first: the cluster is wrong, or the label is.",
    none: "Every label is its cluster's usual one.",
    wanted: (i) => labelled && facts.surprise[i],
    order: (a, b) => facts.confidence[b] - facts.confidence[a] || facts.misfit[a] - facts.misfit[b],
    word: (i) => `${clusterName(facts.cluster[i])} · ${labelName(facts.label[i])}`,
  },
  unsure: {
    name: "Least confident",
    words: "The images whose cluster is least certain.",
    none: "No image is shown.",
    wanted: (i) => facts.cluster[i] >= 0,
    order: (a, b) => facts.confidence[a] - facts.confidence[b],
    word: (i) => percent(facts.confidence[i]),
  },
};
if (!labelled) delete LISTS.surprises;

let listed = "misfits";

function showLists() {
  const list = LISTS[listed];
  const rows = members(list.wanted).sort((a, b) => list.order(a, b) || a - b);
  const choose = h(
    "select",
    {
      id: "list",
      onchange: (event) => {
        listed = event.target.value;
        showLists();
        find("list").focus();
      },
    },
    ...Object.entries(LISTS).map(([key, { name }]) => h("option", { value: key, selected: key === listed }, name)),
  );
  fill(
    find("lists"),
    h("p", { class: "choice" }, h("label", { for: "list" }, "List"), choose),
    h(
      "p",
      { class: "hint" },
      rows.length
        ? `${plural(rows.length, "image")}${state.hidden.size ? " of the clusters shown" : ""}. ${list.words}`
        : list.none,
    ),
    rows.length
      ? h(
          "p",
          { class: "buttons" },
          h(
            "button",
            {
              type: "button",
              id: "take-list",
              onclick: () => {
                setSelection(rows);
                showTab("selection");
              },
            },
            "Select all of these",
          ),
        )
      : null,
    rows.length ? gallery(rows, list.word, list.name) : null,
  );
}
