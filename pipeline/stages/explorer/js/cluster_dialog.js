// A dialog to rename, merge or split a cluster.

const clusterDialog = /** @type {HTMLDialogElement} */ (byId("edit-cluster"));
const newName = inputById("new-name");
let editedCluster = 0;

/**
 * @param {number} cluster
 * @param {"new-name" | "parts"} focus the id of the field to start with
 */
function openClusterDialog(cluster, focus = "new-name") {
  editedCluster = cluster;
  const size = clusterSize(cluster),
    parts = corrected.parts[cluster];
  setChildren(byId("edit-cluster-title"), swatch(cluster), `${clusterName(cluster)} · ${plural(size, "image")}`);
  newName.value = corrected.names[cluster];
  checkNewName();
  inputById("parts").value = String(Math.max(parts, 2));
  inputById("parts").max = String(Math.max(size, 2));
  byId("unsplit").hidden = parts < 2;
  clusterDialog.showModal();
  inputById(focus).select();
}

/** Two clusters cannot have the same name: folders of an exported data set have them. */
function checkNewName() {
  const other = namesake(corrected, editedCluster, cleanName(newName.value));
  newName.setCustomValidity(
    other === undefined ? "" : `${clusterNumber(other)} has this name: merge them or choose another`,
  );
}

/** @param {number} source */
async function mergeCluster(source) {
  const others = allClusters().filter((cluster) => cluster >= 0 && cluster !== source);
  if (!others.length) return notify("There is no other cluster");
  const choice = await chooseCluster(`Merge ${clusterName(source)} into`, others, false);
  if (choice && "cluster" in choice) correct([{ action: "merge", clusters: [choice.cluster, source] }]);
}

/**
 * @param {number} cluster
 * @param {number} parts
 */
function splitCluster(cluster, parts) {
  if (parts !== corrected.parts[cluster]) correct([{ action: "split", cluster, parts }]);
}

/**
 * Call an action with the cluster that a key is for: that of the row, tile, selection or pinned image in focus; if there
 * is none, the user chooses one.
 *
 * @param {string} question
 * @param {(cluster: number) => void} action
 */
async function withClusterInFocus(question, action) {
  const row = document.activeElement?.closest("[data-cluster]");
  const clusters =
    row instanceof HTMLElement ? [Number(row.dataset.cluster)] : imagesInFocus().map((i) => columns.cluster[i]);
  const [cluster] = clusters;
  if (clusters.length && cluster >= 0 && clusters.every((other) => other === cluster)) return action(cluster);
  const all = allClusters().filter((cluster) => cluster >= 0);
  if (!all.length) return notify("There are no clusters");
  const choice = await chooseCluster(question, all, false);
  if (choice && "cluster" in choice) action(choice.cluster);
}

newName.addEventListener("input", checkNewName);
byId("rename-form").addEventListener("submit", (event) => {
  event.preventDefault();
  clusterDialog.close();
  const name = cleanName(newName.value);
  if (name !== corrected.names[editedCluster]) correct([{ action: "rename", cluster: editedCluster, name }]);
});
byId("split-form").addEventListener("submit", (event) => {
  event.preventDefault();
  clusterDialog.close();
  splitCluster(editedCluster, Number(inputById("parts").value));
});
byId("unsplit").addEventListener("click", () => {
  clusterDialog.close();
  splitCluster(editedCluster, 1);
});
byId("merge").addEventListener("click", () => {
  clusterDialog.close();
  mergeCluster(editedCluster);
});
byId("close-edit-cluster").addEventListener("click", () => clusterDialog.close());
