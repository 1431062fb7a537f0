// What was typed, as a link: the formula with its values and view, the program with the texts that run before it.

const KEPT = ["tab", "formula", "values", "view", "code"];

function readLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  const found = Object.fromEntries(KEPT.map((key) => [key, link.get(key)]).filter(([, text]) => text !== null));
  found.before = link.getAll("before");
  if (!found.tab && "code" in found && !("formula" in found)) found.tab = "python";
  return found;
}

function writeLink(kept) {
  const link = new URLSearchParams();
  for (const key of KEPT) if (kept[key]) link.set(key, kept[key]);
  for (const text of kept.before ?? []) link.append("before", text);
  history.replaceState(null, "", `#${link}`);
}

/** The values of inputs as one text, "w=0.5 x=2", and back; a value may be a formula such as 1/3, without blanks. */
const valuesAsText = (values) => Object.entries(values).map(([name, text]) => `${name}=${text.replace(/\s/g, "")}`).join(" ");
const valuesOfText = (text) => Object.fromEntries([...text.matchAll(/([^\s=]+)=(\S*)/g)].map(([, name, value]) => [name, value]));

async function copyLink(told) {
  try {
    await navigator.clipboard.writeText(location.href);
    told(say("copied"));
  } catch {
    told(say("in address"));
  }
}
