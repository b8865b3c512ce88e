// edits.json: edits with images by name, and the checks of a file before it is used.

const FILE_VERSION = 1;
const MAX_NAME_LENGTH = 60;

const runId = document.querySelector('meta[name="run-id"]')?.getAttribute("content") ?? "";

/**
 * The name of an image in files: its path, or its row in the data set, with the part before it if both are fitted.
 *
 * @param {number} i
 */
function imageName(i) {
  if (data.paths.length) return data.paths[i];
  const row = String(columns.row ? columns.row[i] : i);
  if (data.n_train === null) return row;
  return `${i < data.n_train ? "train" : "test"}/${row}`;
}

/** Each image's index by its name in files. */
const imagesByName = () => new Map(Array.from({ length: n }, (_, i) => [imageName(i), i]));

/**
 * A name in one line, without control characters, those of the direction of writing included.
 *
 * @param {unknown} text
 */
const cleanName = (text) =>
  String(text)
    .replace(/\p{Bidi_Control}/gu, "")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, MAX_NAME_LENGTH);

/** @param {Edit[]} edits */
function editsToJson(edits) {
  const head = { version: FILE_VERSION, clustering: data.clustering, ...(runId ? { run_id: runId } : {}) };
  const lines = edits.map((edit) =>
    JSON.stringify("images" in edit ? { ...edit, images: edit.images.map(imageName) } : edit),
  );
  return `${JSON.stringify(head).slice(0, -1)},"edits":[\n${lines.join(",\n")}\n]}\n`;
}

/**
 * Read what `editsToJson` wrote, or a person.
 *
 * @param {string} text
 * @returns {Edit[]}
 * @throws {Error} The message says what is wrong with the file.
 */
function parseEdits(text) {
  const content = parseJson(text);
  if (!Array.isArray(content?.edits)) throw new Error("it has no list “edits”");
  if (content.version !== FILE_VERSION) {
    throw new Error(`its version is ${JSON.stringify(content.version)}; this page reads version ${FILE_VERSION}`);
  }
  if (content.clustering !== data.clustering) {
    throw new Error(`it corrects another clustering (${content.clustering}; this one is ${data.clustering})`);
  }
  const indices = imagesByName();
  const edits = content.edits.map((/** @type {any} */ edit, /** @type {number} */ position) => {
    const { name, images } = Object(edit);
    const values = { ...Object(edit) };
    if (name !== undefined) values.name = cleanName(name);
    if (Array.isArray(images)) values.images = imageIndices(images, indices, position);
    return values;
  });
  checkEdits(edits);
  return edits;
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not JSON");
  }
}

/**
 * @param {unknown[]} names
 * @param {Map<string, number>} indices
 * @param {number} position of the edit
 */
function imageIndices(names, indices, position) {
  return names.map((name) => {
    const i = indices.get(String(name));
    if (i === undefined) throw new Error(`edit ${position + 1}: no image here is named “${name}”`);
    return i;
  });
}

/**
 * Check each edit against the clusters that the edits before it leave.
 *
 * @param {any[]} edits
 * @throws {Error} The message says which edit is wrong.
 */
function checkEdits(edits) {
  const state = uncorrected(run);
  const exists = (/** @type {any} */ cluster) => Number.isInteger(cluster) && state.mergedInto[cluster] === cluster;
  const isFree = (/** @type {any} */ name, /** @type {any} */ cluster) =>
    typeof name === "string" && namesake(state, cluster, name) === undefined;
  const isImage = (/** @type {any} */ i) => Number.isInteger(i) && i >= 0 && i < n;
  const isList = (/** @type {any} */ values, /** @type {(value: any) => boolean} */ test) =>
    Array.isArray(values) && values.every(test);
  /** @type {Record<string, (edit: any) => boolean>} */
  const isValid = {
    rename: ({ cluster, name }) => exists(cluster) && isFree(name, cluster),
    merge: ({ clusters }) =>
      isList(clusters, exists) && clusters.length > 1 && new Set(clusters).size === clusters.length,
    split: ({ cluster, parts }) => exists(cluster) && Number.isInteger(parts) && parts >= 1,
    create: ({ cluster, name }) => cluster === state.names.length && isFree(name, cluster),
    move: ({ images, cluster }) => isList(images, isImage) && images.length > 0 && (cluster === -1 || exists(cluster)),
    mark: ({ images, mark }) => isList(images, isImage) && images.length > 0 && MARKS.includes(mark),
  };
  edits.forEach((edit, position) => {
    if (!Object.hasOwn(isValid, edit.action)) throw new Error(`edit ${position + 1}: unknown action “${edit.action}”`);
    if (!isValid[edit.action](edit)) {
      const { images, ...rest } = edit;
      throw new Error(`edit ${position + 1} does not fit the clusters before it: ${JSON.stringify(rest)}`);
    }
    applyEdit(state, edit);
  });
}
