// The selection as a CSV file.

/** @param {unknown} value */
function csvCell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {ArrayLike<number>} images */
function toCsv(images) {
  const row = columns.row;
  /** @type {Record<string, (i: number) => string | number>} */
  const fields = {
    index: (i) => i,
    image: imageName,
    ...(row ? { row: (/** @type {number} */ i) => row[i] } : {}),
    cluster: (i) => columns.cluster[i],
    ...(corrected.names.some(Boolean)
      ? { cluster_name: (/** @type {number} */ i) => corrected.names[columns.cluster[i]] ?? "" }
      : {}),
    ...(marks.some(Boolean) ? { mark: (/** @type {number} */ i) => MARKS[marks[i]].replace("none", "") } : {}),
    ...(hasLabels
      ? { label: (/** @type {number} */ i) => (columns.label[i] < 0 ? "" : data.labels[columns.label[i]]) }
      : {}),
    confidence: (i) => columns.confidence[i].toFixed(4),
    misfit: (i) => columns.misfit[i].toFixed(4),
    outlier: (i) => columns.outlier[i].toFixed(4),
    x: (i) => columns.x[i].toFixed(4),
    y: (i) => columns.y[i].toFixed(4),
  };
  const getters = Object.values(fields);
  const lines = Array.from(images, (i) => getters.map((field) => csvCell(field(i))).join(","));
  return [Object.keys(fields).join(","), ...lines, ""].join("\r\n");
}

/** @param {ArrayLike<number>} images */
function saveCsv(images) {
  saveFile(`${data.name.replace(/[^\w.-]+/g, "_") || "images"}-selection.csv`, toCsv(images), "text/csv");
  announce(`Saved ${plural(images.length, "row")}`);
}
