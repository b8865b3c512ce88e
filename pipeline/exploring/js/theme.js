// Light or dark as the system is, before anything is painted; the button may change it later.

const darkScheme = matchMedia("(prefers-color-scheme: dark)");
const follow = () => (document.documentElement.dataset.theme = darkScheme.matches ? "dark" : "light");
darkScheme.addEventListener("change", follow);
follow();
