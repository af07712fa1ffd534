/* Finds a signatory as one types, whatever the case, the accents or the form of a letter. Without it the
   list, its initials and its countries are there. */
(() => {
  "use strict";
  const section = document.querySelector("section.signatories[data-label]");
  if (!section) return;
  const root = document.querySelector("link[rel=stylesheet]").getAttribute("href").replace(/style\/.*$/, "");
  const letters = { أ: "ا", إ: "ا", آ: "ا", ٱ: "ا", ى: "ي", ی: "ي", ة: "ه", ک: "ك", ـ: "", ß: "ss", ł: "l", ø: "o", đ: "d", ð: "d", þ: "th", æ: "ae", œ: "oe", ı: "i" };
  const fold = (text) =>
    text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/./gsu, (c) => letters[c] ?? c)
      .replace(/['’‘ʼ´`.]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();

  const label = document.createElement("label");
  const input = document.createElement("input");
  const status = document.createElement("p");
  input.type = "search";
  input.id = "find";
  input.autocomplete = "off";
  label.htmlFor = "find";
  label.textContent = section.dataset.label;
  status.setAttribute("role", "status");
  const box = document.createElement("div");
  box.className = "find";
  box.append(label, input, status);
  section.querySelector("h2").after(box);

  const say = (query, found) => {
    status.textContent = !query ? "" : found ? `${section.dataset.found} ${found}` : section.dataset.none;
  };
  const matches = (words, folded) => words.every((word) => folded.includes(word));

  if (!section.dataset.source) {
    const rows = [...section.querySelectorAll(".names li")].map((row) => [row, fold(row.textContent)]);
    input.addEventListener("input", () => {
      const query = fold(input.value);
      const words = query.split(" ");
      let found = 0;
      for (const [row, folded] of rows) {
        row.hidden = !matches(words, folded);
        if (!row.hidden) found += 1;
      }
      say(query, found);
    });
    return;
  }

  // A list of many pages: the data is fetched once, when somebody begins to search.
  const most = 100;
  const results = document.createElement("ul");
  results.className = "names";
  results.setAttribute("role", "list");
  box.append(results);
  let loading;
  const load = () =>
    (loading ??= fetch(root + section.dataset.source)
      .then((answer) => { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
      .then((list) => list.signatories.map((one) => [one, fold(`${one.name} ${one.name_in_own_script ?? ""}`)]))
      .catch((error) => { loading = undefined; throw error; }));
  const show = async () => {
    const query = fold(input.value);
    if (!query) { results.replaceChildren(); return say("", 0); }
    status.textContent = section.dataset.wait;
    let rows;
    try { rows = await load(); } catch { status.textContent = ""; return; }
    if (fold(input.value) !== query) return;
    const words = query.split(" ");
    const found = rows.filter(([, folded]) => matches(words, folded));
    results.replaceChildren(...found.slice(0, most).map(([one]) => {
      const row = document.createElement("li");
      const link = document.createElement("a");
      const name = document.createElement("bdi");
      name.textContent = one.name;
      link.href = root + one.page;
      link.append(name);
      row.append(link);
      if (one.name_in_own_script) {
        const own = document.createElement("bdi");
        own.textContent = one.name_in_own_script;
        row.append(" ", own);
      }
      return row;
    }));
    say(query, found.length);
  };
  input.addEventListener("input", show);
  input.addEventListener("focus", () => load().catch(() => {}), { once: true });
})();
