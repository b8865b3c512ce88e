// The tab of search by example: the command for a picture, since the encoder is not in the page, and what it found.

const SEARCH_FILE = "search.csv";
const MAX_PREVIEWS = 8;
/** What the run was fitted on. */
const QUERY_NOUN = inputById("files").dataset.query ?? "";
const queriesArePictures = QUERY_NOUN === "picture";

/** @typedef {{ name: string, url: string }} Picture */

/** @type {Picture[]} The pictures to search for; they are shown beside what was found too. */
let pictures = [];
/** @type {SearchTable | null} */
let searchTable = null;
/** @type {string | null} Null for all. */
let currentQuery = null;
/** What is wrong with the last file. */
let fileError = "";

/** @param {string} path */
const baseName = (path) => path.split(/[\\/]/).at(-1) ?? path;

/** @param {string} word */
const shellQuote = (word) => (/^[\w./+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** @param {string} input */
function searchCommand(input) {
  return `python -m pipeline stage=search input=${input}${runId ? ` run=${runId}` : ""} search.k=50`;
}

function openSimilar() {
  showTab("similar");
  byId("choose-files").focus();
}

/** @param {File[]} files */
function showQueries(files) {
  for (const { url } of pictures) URL.revokeObjectURL(url);
  pictures = files.map((file) => ({ name: file.name, url: URL.createObjectURL(file) }));
  searchTable = null;
  renderSimilar();
  announce(`${files.length === 1 ? files[0].name : plural(files.length, "file")}: run the command to search`);
}

/** @param {SearchTable} table */
function showSearchTable(table) {
  searchTable = table;
  currentQuery = table.queries.size === 1 ? [...table.queries.keys()][0] : null;
  renderSimilar();
  selectSimilar();
}

/** Select the images that were found and bring them into view, with clusters that were hidden. */
function selectSimilar() {
  if (!searchTable) return;
  const images = similarTo(searchTable, currentQuery).map(({ image }) => image);
  const shown = new Set(images.map((i) => columns.cluster[i]));
  if ([...shown].some((cluster) => state.hidden.has(cluster))) {
    setHidden([...state.hidden].filter((cluster) => !shown.has(cluster)));
  }
  setSelection(images);
  if (images.length) frameImages(images);
  notify(`Selected ${plural(images.length, "similar image")}`);
}

function renderSimilar() {
  const content = searchTable ? searchResult(searchTable) : pictures.length ? searchInstructions() : [];
  byId("file-kinds").hidden = content.length > 0;
  byId("file-error").textContent = fileError;
  keepFocus(byId("similar-content"), () => setChildren(byId("similar-content"), ...content));
}

/** @param {Picture} picture */
function pictureElement({ name, url }) {
  const figure = h("figure", { class: "query" });
  const image = h("img", { class: "thumbnail", src: url, alt: name });
  image.addEventListener("error", () => image.replaceWith(h("p", { class: "hint" }, "The browser cannot show it")));
  setChildren(figure, image, h("figcaption", { title: name }, name));
  return figure;
}

/** @returns {(Node | null)[]} */
function searchInstructions() {
  const isOne = pictures.length === 1;
  const input = isOne ? shellQuote(pictures[0].name) : "FOLDER";
  const why =
    `The encoder does not run in this page, so a command finds the images nearest to ` +
    `${isOne ? "this" : "each"} ${QUERY_NOUN}; then drop the ${SEARCH_FILE} that it writes here.`;
  const where = isOne
    ? "A page does not know where a file lies: unless you run it in that folder, put the path before the name."
    : "FOLDER is the path of a folder that holds these pictures alone.";
  const more = pictures.length - MAX_PREVIEWS;
  return [
    h("h2", {}, isOne ? "Find similar images" : `Find images similar to ${plural(pictures.length, QUERY_NOUN)}`),
    queriesArePictures
      ? h("div", { class: "queries" }, ...pictures.slice(0, MAX_PREVIEWS).map(pictureElement))
      : h("p", { class: "query-name" }, pictures[0].name),
    more > 0 ? h("p", { class: "hint" }, `and ${formatCount(more)} more`) : null,
    h("p", {}, why),
    commandBlock(searchCommand(input), "copy-search-command"),
    h("p", { class: "hint" }, where),
  ];
}

/**
 * @param {SearchTable} table
 * @returns {(Node | null)[]}
 */
function searchResult(table) {
  const neighbours = similarTo(table, currentQuery);
  const images = neighbours.map(({ image }) => image);
  const byImage = new Map(neighbours.map((neighbour) => [neighbour.image, neighbour]));
  const caption = (/** @type {number} */ i) => {
    const neighbour = byImage.get(i);
    return neighbour ? `${neighbour.rank} · ${Number(neighbour.distance.toPrecision(3))}` : "";
  };
  const query = currentQuery;
  const picture = pictures.find(({ name }) => query !== null && name === baseName(query));
  const summary = h(
    "div",
    {},
    h("h2", {}, plural(images.length, "similar image")),
    table.queries.size > 1 ? queryChooser(table) : h("p", { class: "query-name" }, `To ${query}`),
    h("p", { class: "buttons" }, button("Select on the map", selectSimilar, { id: "select-similar", class: "main" })),
  );
  return [
    h("div", { class: "search-summary" }, picture ? pictureElement(picture) : null, summary),
    ...table.remarks.map((remark) => h("p", { class: "hint unexpected" }, remark)),
    h("p", { class: "hint" }, "Nearest first. Captions: rank · distance in the latent space."),
    gallery(images, caption, "Similar images"),
  ];
}

/** @param {SearchTable} table */
function queryChooser({ queries }) {
  const names = [...queries.keys()];
  const options = names.map((query, i) => h("option", { value: i, selected: query === currentQuery }, query));
  const all = h("option", { value: -1, selected: currentQuery === null }, `All ${formatCount(queries.size)} queries`);
  const onchange = (/** @type {Event} */ event) => {
    currentQuery = names[Number(/** @type {HTMLSelectElement} */ (event.target).value)] ?? null;
    renderSimilar();
    selectSimilar();
  };
  const select = h("select", { id: "search-query", onchange }, all, ...options);
  return h("p", { class: "choice" }, h("label", { for: "search-query" }, "To"), select);
}

byId("open-similar").addEventListener("click", openSimilar);
