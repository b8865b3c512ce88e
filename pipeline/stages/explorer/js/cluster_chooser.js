// A dialog to choose a cluster: type a part of its number, name or most frequent label, or use the arrows.

/** @typedef {{ cluster: number } | { newName: string }} ClusterChoice */

/** @type {(choice: ClusterChoice | null) => void} */
let resolveChoice = () => {};
/** @type {{ text: string, element: HTMLElement, choice: ClusterChoice }[]} */
let choices = [];
let activeChoice = 0;
/** @type {(query: string) => void} */
let renderChoices = () => {};

const chooser = /** @type {HTMLDialogElement} */ (byId("chooser"));
const chooserQuery = inputById("chooser-query");

/**
 * @param {string} title
 * @param {number[]} clusters
 * @param {boolean} offersNew whether a new cluster, with the typed name, is a choice
 * @returns {Promise<ClusterChoice | null>} null if the user cancels
 */
function chooseCluster(title, clusters, offersNew) {
  byId("chooser-title").textContent = title;
  renderChoices = (query) => {
    choices = matchingClusters(query, clusters).map((cluster) => ({
      text: clusterName(cluster),
      element: clusterOption(cluster),
      choice: { cluster },
    }));
    const newName = cleanName(query);
    if (offersNew && namesake(corrected, -1, newName) === undefined) {
      const text = newName ? `New cluster “${isolated(newName)}”` : "New cluster";
      const choice = { text, element: choiceElement(h("b", {}, text)), choice: { newName } };
      if (newName) choices.push(choice);
      else choices.unshift(choice);
    }
    setChildren(byId("chooser-options"), ...choices.map(({ element }) => element));
    setActiveChoice(0);
  };
  chooserQuery.value = "";
  renderChoices("");
  chooser.showModal();
  return new Promise((resolve) => (resolveChoice = resolve));
}

/**
 * The clusters that match, one with exactly this number or name first.
 *
 * @param {string} query
 * @param {number[]} clusters
 */
function matchingClusters(query, clusters) {
  const text = query.trim().toLowerCase();
  const words = (/** @type {number} */ cluster) =>
    [clusterNumber(cluster), cluster < 0 ? "" : corrected.names[cluster], majorityName(cluster)].map((word) =>
      word.toLowerCase(),
    );
  const rank = (/** @type {number} */ cluster) =>
    Number(!words(cluster).includes(text) && text !== String(cluster) && text !== words(cluster)[1]);
  const matches = clusters.filter((cluster) => words(cluster).some((word) => word.includes(text)));
  return text ? matches.sort((a, b) => rank(a) - rank(b)) : matches;
}

/** @param {number} cluster */
function clusterOption(cluster) {
  const majority = majorityName(cluster),
    size = clusterSize(cluster);
  return choiceElement(
    h(
      "span",
      {},
      swatch(cluster),
      h("b", {}, clusterName(cluster)),
      majority ? h("span", { class: "majority" }, `mostly ${majority}`) : null,
    ),
    h("span", { class: "number" }, formatCount(size)),
  );
}

/** @param {(Node | string)[]} children */
const choiceElement = (...children) => h("li", { role: "option" }, ...children);

/** @param {number} position */
function setActiveChoice(position) {
  activeChoice = clamp(position, 0, Math.max(choices.length - 1, 0));
  choices.forEach(({ element }, other) => {
    element.id = `choice-${other}`;
    element.setAttribute("aria-selected", String(other === activeChoice));
  });
  const active = choices[activeChoice];
  if (active) chooserQuery.setAttribute("aria-activedescendant", active.element.id);
  else chooserQuery.removeAttribute("aria-activedescendant");
  active?.element.scrollIntoView({ block: "nearest" });
}

/** @param {ClusterChoice | null} choice */
function endChoice(choice) {
  const resolve = resolveChoice;
  resolveChoice = () => {};
  chooser.close();
  resolve(choice);
}

chooserQuery.addEventListener("input", () => renderChoices(chooserQuery.value));
chooserQuery.addEventListener("keydown", (event) => {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (!step) return;
  event.preventDefault();
  setActiveChoice(activeChoice + step);
});
byId("chooser-options").addEventListener("click", (event) => {
  const option = /** @type {Element} */ (event.target).closest("li");
  const position = choices.findIndex(({ element }) => element === option);
  if (position >= 0) endChoice(choices[position].choice);
});
byId("chooser-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (choices.length) endChoice(choices[activeChoice].choice);
});
byId("chooser-cancel").addEventListener("click", () => endChoice(null));
chooser.addEventListener("close", () => resolveChoice(null));
