// The view in which similar clusters have one colour. It changes no cluster.

/**
 * The group whose colour and shape each cluster has. Clusters that a correction has created have their own.
 *
 * @type {number[]}
 */
let colourGroups = [];

/** @param {number} cluster */
const colourGroup = (cluster) => colourGroups[cluster] ?? cluster;

/**
 * The same colours as on the page of stage tree: that of a group's largest cluster, or a free one if that is taken.
 *
 * @param {number[]} groups
 */
function distinctColourGroups(groups) {
  const free = new Set(data.palette.light.keys());
  free.delete(10); // noise
  /** @type {Map<number, number>} */
  const chosen = new Map();
  for (const group of [...new Set(groups)].sort((a, b) => a - b)) {
    const choice = free.size && !free.has(group % 10) ? Math.min(...free) : group;
    free.delete(choice % 10);
    chosen.set(group, choice);
  }
  return groups.map((group) => chosen.get(group) ?? group);
}

/** @param {number} groupCount */
function mergeSimilarClusters(groupCount) {
  let groups = Array.from({ length: data.k }, (_, cluster) => cluster);
  for (const [group, other] of data.merges.slice(0, data.k - groupCount))
    groups = groups.map((number) => (number === other ? group : number));
  colourGroups = distinctColourGroups(groups);
  byId("group-count").textContent = groupCount < data.k ? plural(groupCount, "group") : "off";
  emit("colours");
  renderClusters();
}

// The slider counts merges, so that moving it to the right merges more.
const mergeSlider = document.getElementById("merge-clusters");
if (mergeSlider instanceof HTMLInputElement) {
  mergeSlider.addEventListener("input", () => mergeSimilarClusters(data.k - Number(mergeSlider.value)));
  listen("colours", () => (byId("merging").hidden = state.colourBy !== "cluster"));
}
