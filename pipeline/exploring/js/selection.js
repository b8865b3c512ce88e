// The selection: what it is made of, its images, and the way to a CSV file.

function csvCell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(rows) {
  const columns = {
    index: (i) => i,
    ...(known.files.length ? { path: (i) => known.files[i] } : {}),
    ...(facts.row ? { row: (i) => facts.row[i] } : {}),
    cluster: (i) => facts.cluster[i],
    ...(labelled ? { label: (i) => (facts.label[i] < 0 ? "" : labelName(facts.label[i])) } : {}),
    confidence: (i) => facts.confidence[i].toFixed(4),
    misfit: (i) => facts.misfit[i].toFixed(4),
    outlier: (i) => facts.outlier[i].toFixed(4),
    x: (i) => facts.x[i].toFixed(4),
    y: (i) => facts.y[i].toFixed(4),
  };
  const lines = Array.from(rows, (i) =>
    Object.values(columns)
      .map((value) => csvCell(value(i)))
      .join(","),
  );
  return [Object.keys(columns).join(","), ...lines, ""].join("\r\n");
}

function saveCsv() {
  const address = URL.createObjectURL(new Blob([csv(state.selection)], { type: "text/csv" }));
  h("a", { href: address, download: `${known.name.replace(/[^\w.-]+/g, "_") || "images"}-selection.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  announce(`${plural(state.selection.length, "row")} saved`);
}

function showSelection() {
  const rows = state.selection,
    place = find("selection");
  find("tab-selection").textContent = rows ? `Selection (${count(rows.length)})` : "Selection";
  if (!rows) {
    fill(
      place,
      h(
        "p",
        { class: "empty" },
        "Draw around points with the lasso (L), or hold Shift while you drag. " +
          "From the keyboard: zoom in and press V to select what is in view.",
      ),
      h(
        "p",
        { class: "buttons" },
        h("button", { type: "button", onclick: () => setSelection(inView()) }, "Select what is in view"),
      ),
    );
    return;
  }
  // The least sure first: that is where a selection deserves a look.
  const unsure = Int32Array.from(rows).sort((a, b) => facts.confidence[a] - facts.confidence[b] || a - b);
  fill(
    place,
    h("h2", {}, plural(rows.length, "image")),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", id: "save", class: "main", onclick: saveCsv }, "Save as CSV"),
      h(
        "button",
        {
          type: "button",
          id: "clear",
          onclick: () => {
            setSelection(null);
            find("overlay").focus();
          },
        },
        "Clear",
      ),
    ),
    composition("By cluster", rows, facts.cluster, clusterName, true),
    labelled ? composition("By label", rows, facts.label, labelName, false) : null,
    h("h3", {}, "Images"),
    h("p", { class: "hint" }, "Least confident first."),
    gallery(unsure, tileWord, "Selected images"),
  );
  announce(`${plural(rows.length, "image")} selected`);
}
