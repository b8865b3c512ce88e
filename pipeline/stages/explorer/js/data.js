// The data of the run: one typed array for each property of the images, indexed by image. The clusters in `columns`
// are those after the corrections.

/** @type {PageData} */
const data = JSON.parse(document.getElementById("page-data")?.textContent ?? "");

/** @param {string} base64 */
function decodeBase64(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** @param {EncodedArray} encoded */
function decodeArray({ type, data }) {
  const arrayTypes = { Float32Array, Int32Array, Uint16Array, Uint8Array };
  return new arrayTypes[type](decodeBase64(data).buffer);
}

const columns = /** @type {Columns} */ (
  /** @type {unknown} */ (
    Object.fromEntries(Object.entries(data.columns).map(([name, encoded]) => [name, decodeArray(encoded)]))
  )
);
data.columns = {}; // frees the text

const n = columns.x.length;
const neighbourCount = n ? columns.neighbours.length / n : 0;
const hasLabels = data.labels.length > 0;

/** @param {number} i */
const neighbours = (i) => columns.neighbours.subarray(i * neighbourCount, (i + 1) * neighbourCount);
