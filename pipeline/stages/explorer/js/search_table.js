// search.csv, the table that stage=search writes: a row for each query and image that it found.

const SEARCH_FIELDS = ["query", "rank", "image", "cluster", "distance"];

/**
 * The records of a CSV text as lists of cells; cells in quotes may hold commas, quotes and line breaks.
 *
 * @param {string} text
 */
function parseCsv(text) {
  /** @type {string[][]} */
  const records = [];
  let isNewRecord = true;
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/g)) {
    if (isNewRecord) records.push([]);
    records[records.length - 1].push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    isNewRecord = end !== ",";
  }
  return records.filter((cells) => cells.length > 1 || cells[0]);
}

/**
 * Read a table that stage=search wrote; null if the text is another table.
 *
 * @param {string} text
 * @returns {SearchTable | null}
 * @throws {Error} The message says why the table does not fit this page.
 */
function parseSearchTable(text) {
  const [header, ...records] = parseCsv(text.replace(/^\ufeff/, ""));
  const [query, rank, image, cluster, distance] = SEARCH_FIELDS.map((field) => (header ?? []).indexOf(field));
  if ([query, rank, image, cluster, distance].includes(-1)) return null;
  if (!records.length) throw new Error("it has no rows");
  const indices = imagesByName();
  /** @type {SearchTable["queries"]} */
  const queries = new Map();
  const missing = new Set(),
    present = new Set(),
    differing = new Set();
  records.forEach((cells, row) => {
    const neighbour = { image: indices.get(cells[image]), rank: Number(cells[rank]), distance: Number(cells[distance]) };
    if (!cells[rank] || !cells[distance] || !(neighbour.rank >= 1) || !Number.isFinite(neighbour.distance)) {
      throw new Error(`row ${row + 1} has no rank or distance; the file may be cut off`);
    }
    const { image: i } = neighbour;
    if (!queries.has(cells[query])) queries.set(cells[query], []);
    if (i === undefined) return missing.add(cells[image]);
    present.add(i);
    if (run.clusters[i] !== Number(cells[cluster])) differing.add(i);
    queries.get(cells[query])?.push({ ...neighbour, image: i });
  });
  return { queries, remarks: describeMismatch(missing.size, present.size, differing.size) };
}

/**
 * What does not fit this page: images that it does not show, and clusters that are not those of its run. Images are
 * often named by numbers, so a table of other data is known by its clusters alone.
 *
 * @param {number} missing
 * @param {number} present
 * @param {number} differing of those present
 * @throws {Error} The table is of another run.
 */
function describeMismatch(missing, present, differing) {
  const share = (/** @type {number} */ count) => `${formatCount(count)} of its ${plural(missing + present, "image")}`;
  const advice = "so it is of another run; a picture dropped here shows the command of this one";
  if (!present) throw new Error(`${share(0)} are on this page, ${advice}`);
  if (2 * differing > present) throw new Error(`${share(differing)} are in another cluster on this page, ${advice}`);
  return [
    missing ? `Not on this page and left out: ${share(missing)}.` : "",
    differing ? `In another cluster on this page: ${share(differing)}. The table is not of this run.` : "",
  ].filter(Boolean);
}

/**
 * Each image once, at its smallest distance, nearest first.
 *
 * @param {Neighbour[]} neighbours
 */
function distinctImages(neighbours) {
  const sorted = [...neighbours].sort((a, b) => a.distance - b.distance || a.rank - b.rank);
  const seen = new Set();
  return sorted.filter(({ image }) => !seen.has(image) && seen.add(image));
}

/**
 * The images nearest to one query, or with null to any of them: their ranks then count those of all queries.
 *
 * @param {SearchTable} table
 * @param {string | null} query
 */
function similarTo({ queries }, query) {
  if (query !== null) return distinctImages(queries.get(query) ?? []);
  return distinctImages([...queries.values()].flat()).map((neighbour, i) => ({ ...neighbour, rank: i + 1 }));
}
