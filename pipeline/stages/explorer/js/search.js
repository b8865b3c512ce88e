// Finding an image by its number on this page, by its name as in the tables unless that is a number, or by a part of its path.

/**
 * Pin the image that a query names; false if there is none.
 *
 * @param {string} query
 */
function pinByQuery(query) {
  const text = query.trim();
  if (!text) return false;
  const i = /^\d+$/.test(text)
    ? Number(text)
    : (imagesByName().get(text) ?? data.paths.findIndex((path) => path.includes(text)));
  if (i < 0 || i >= n) return false;
  if (!isVisible[i]) showCluster(columns.cluster[i]);
  setPin(i);
  showTab("image");
  return true;
}

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const isFound = pinByQuery(inputById("query").value);
  const otherwise = data.n_train === null ? "" : ` or a name such as ${imageName(0)}`;
  const expected = `Enter a number from 0 to ${n - 1}${data.paths.length ? " or part of a file name" : otherwise}`;
  byId("query").setAttribute("aria-invalid", String(!isFound));
  byId("query-error").textContent = isFound ? "" : expected;
  if (isFound) revealImage(state.pin, true);
});
addEventListener("hashchange", () => pinByQuery(location.hash.slice(1)) && revealImage(state.pin));
