/* The workbench without reloads and without a mouse. Every key does what a link, a field or a button on the page
   does; without this script those are there. The server renders one and the same page either way: of it, what has
   changed is put in place. */
(() => {
  "use strict";
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);

  // ── single keys can be switched off (WCAG 2.1.4); remembered here, in no cookie ──
  const KEYS = "workbench.keys";
  const remembered = () => { try { return localStorage.getItem(KEYS); } catch { return null; } };
  const keysAct = () => root.dataset.keys === "on";
  const setKeys = (on) => {
    root.dataset.keys = on ? "on" : "off";
    try { localStorage.setItem(KEYS, root.dataset.keys); } catch { /* private mode: for this page only */ }
  };
  root.dataset.keys = remembered() === "off" ? "off" : "on";
  for (const box of document.querySelectorAll("[data-switch]")) {
    const input = find("input", box);
    box.hidden = false;
    input.checked = keysAct();
    input.addEventListener("change", () => setKeys(input.checked));
  }
  if (!find("#workbench")) return;

  // ── what is said, in words that the page has ──
  const words = () => find("#workbench").dataset;
  const tell = (text, { added = false } = {}) => {
    const notice = Object.assign(document.createElement("p"), { className: "notice", textContent: text });
    if (!added) find("#notices").replaceChildren();
    find("#notices").append(notice);
  };
  const see = (one, block = "nearest") => one?.scrollIntoView({ block, behavior: "instant" });
  const fail = (text) => { tell(text); see(find("#notices")); };

  // ── drafts: what was typed is kept in this tab, by user and form, until it was sent with success ──
  const DRAFT = "workbench.draft";
  const drafts = (() => { try { return sessionStorage; } catch { return { getItem: () => null, setItem() {}, removeItem() {} }; } })();
  const pathOf = (form) => new URL(form.action).pathname;
  const draftOf = (form) => `${DRAFT} ${words().user} ${pathOf(form)}`;
  const untouched = new WeakMap();
  const isTick = (field) => field.matches("[type=checkbox], [type=radio]");
  const fields = (form) => [...form.elements].filter((one) =>
    one.name && one.matches("input:not([type=hidden], [type=file], [type=submit]), select, textarea"));
  const forms = () => [...document.querySelectorAll("#detail form[data-verb]")].filter((form) => fields(form).length);
  const written = (form) => JSON.stringify(fields(form).filter((one) => !isTick(one) || one.checked).map((one) => [one.name, one.value]));
  const hasDraft = (form) => drafts.getItem(draftOf(form)) !== null;
  const drop = (form) => drafts.removeItem(draftOf(form));
  const keep = (form) => {
    if (written(form) === untouched.get(form)) drop(form);
    else drafts.setItem(draftOf(form), written(form));
  };
  const fill = (form, text) => {
    const typed = JSON.parse(text);
    for (const one of fields(form)) {
      const own = typed.filter(([name]) => name === one.name).map(([, value]) => value);
      if (isTick(one)) one.checked = own.includes(one.value);
      else if (own.length) one.value = own[0];
    }
    const around = form.closest("details");
    if (around) around.open = true;
    delete form.dataset.plain; // not by one key: it is to be read again
  };
  // Of the form that was just `sent`, the server has filled in what was typed.
  const refill = (sent = null) => {
    let isFilled = false;
    for (const form of forms()) {
      untouched.set(form, written(form));
      const draft = drafts.getItem(draftOf(form));
      if (pathOf(form) === sent) {
        untouched.delete(form);
        keep(form);
      } else if (draft !== null && draft !== written(form)) {
        fill(form, draft);
        isFilled = true;
      }
    }
    if (isFilled) tell(words().refilled, { added: true });
    return isFilled;
  };
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.form;
      if (form?.matches("#detail form[data-verb]")) keep(form);
    });
  }

  // ── fetching a page, and putting in place what it says ──
  const PARTS = ["#above", "#list", "#detail"];
  let busy = false;
  let active = true; // somebody has pressed or moved something since the last heartbeat
  const selected = () => new Set([...document.querySelectorAll("[name=chosen]:checked")].map((box) => box.value));

  const bare = (address) => address.split("#")[0];
  let shown = bare(location.href);

  const show = (text, address, sent) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    if (PARTS.some((part) => !find(part, page))) return false;
    const kept = selected();
    if (sent?.isDone) drop(sent.form);
    const hadDrafts = forms().some(hasDraft);
    const scrolled = find("#list").scrollTop;
    const wasOpen = find(".narrow")?.open;
    for (const part of PARTS) find(part).replaceWith(find(part, page));
    find("#workbench").className = find("#workbench", page).className;
    find("#list").scrollTop = scrolled;
    if (wasOpen) find(".narrow").open = true;
    for (const box of document.querySelectorAll("[name=chosen]")) box.checked = kept.has(box.value);
    count();
    document.title = page.title;
    if (bare(address) !== bare(location.href)) history.pushState(null, "", address);
    shown = bare(location.href);
    // A live region that was there before is read out.
    find("#notices").replaceChildren(...find("#notices", page).childNodes);
    if (!refill(sent && !sent.isDone ? pathOf(sent.form) : null) && hadDrafts && !forms().some(hasDraft)) {
      tell(words().kept, { added: true });
    }
    const field = find("#detail [autofocus]");
    const target = find("#detail .problems[role=alert]") ?? field ?? find("#detail h1") ?? find(".rows a") ?? find("#list-title");
    if (target.matches("h1, h2")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    if (target === field) see(field, "center");
    else scrollTo({ top: 0, behavior: "instant" });
    see(find(".rows .current"));
    return true;
  };

  // `form` is what is sent; without one, a page is opened.
  const load = async (address, options = {}, form = null) => {
    if (busy) return;
    busy = true;
    find("#workbench").setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { credentials: "same-origin", ...options });
      const isPage = (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
      // What is answered in place of an act, such as what is wrong with it, has no address of its own.
      const stays = form && !answer.redirected;
      const sent = form && { form, isDone: answer.redirected };
      if (isPage && show(await answer.text(), stays ? location.href : answer.url, sent)) return;
      // Something else, such as the door: as without a script. An error leaves the page with what was typed.
      if (stays) fail(words().failed);
      else location.assign(answer.url);
    } catch {
      if (form) fail(words().offline);
      else location.assign(address);
    } finally {
      busy = false;
      find("#workbench").removeAttribute("aria-busy");
    }
  };
  const open = (link) => link && load(link.href);
  // A place on the page that is shown is the browser's own affair.
  addEventListener("popstate", () => { if (bare(location.href) !== shown) load(location.href); });

  const isOurs = (address) => /\/sign-ons\/\d+\/$/.test(new URL(address).pathname) ||
    new URL(address).pathname === find("#workbench").dataset.queue;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if ("keys" in link.dataset) { event.preventDefault(); help(); return; }
    if (link.hash && bare(link.href) === shown) return;
    if (!link.closest("#workbench, #above") || link.origin !== location.origin || !isOurs(link.href)) return;
    event.preventDefault();
    open(link);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // Whoever signs out leaves nothing behind for whoever sits here next.
    if (form.closest(".bar")) for (const key of Object.keys(drafts)) if (key.startsWith(DRAFT)) drafts.removeItem(key);
    // Whatever else stands in a section is sent as without a script.
    if (!form.matches("#workbench :is([data-verb], .undo, .claim, .search)")) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    if (form.method === "get") {
      const asked = new URLSearchParams([...data].filter(([, value]) => value));
      load(`${form.action.split("?")[0]}${asked.size ? "?" : ""}${asked}`);
    } else {
      const address = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
      const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
      load(address, { method: "POST", body }, form);
    }
  });

  // ── selecting ──
  const all = document.createElement("label");
  const count = () => {
    const number = selected().size;
    const place = find("#selected");
    if (!place) return;
    place.textContent = number ? `(${number})` : "";
    let box = find("#select-all");
    if (!box) {
      all.className = "pick all";
      all.replaceChildren(Object.assign(document.createElement("input"), { type: "checkbox", id: "select-all" }),
        ` ${find("#workbench").dataset.all}`);
      find(".rows").before(all);
      box = find("#select-all");
    }
    box.checked = number > 0 && number === document.querySelectorAll("[name=chosen]").length;
  };
  document.addEventListener("change", (event) => {
    if (event.target.id === "select-all") {
      for (const box of document.querySelectorAll("[name=chosen]")) box.checked = event.target.checked;
    }
    if (event.target.matches("#select-all, [name=chosen]")) count();
  });
  count();
  see(find(".rows .current"));
  refill();

  // ── keys ──
  const sheet = find("#keys");
  const help = () => { if (!sheet.open) sheet.showModal(); };
  const isField = (one) => one.matches?.("input:not([type=checkbox], [type=radio], [type=submit]), select, textarea, [contenteditable]");
  const rowLinks = () => [...document.querySelectorAll(".rows .row > a")];
  const step = (by) => {
    // With a sign-on open: its neighbour, which may stand on another page of the list.
    if (find("#detail h1")) return open(find(by > 0 ? "#detail a[rel=next]" : "#detail a[rel=prev]"));
    const links = rowLinks();
    const at = links.indexOf(document.activeElement);
    links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  };
  const goTo = (verb) => {
    const form = find(`#detail form[data-verb=${verb}]`);
    if (!form) return;
    const around = form.closest("details");
    if (around) around.open = true;
    // First a choice that is made, else the one that is to be made.
    const order = ["[type=radio]:checked", "[type=radio]", "select, textarea", "input:not([type=hidden])", "button"];
    const field = order.map((selector) => find(selector, form)).find(Boolean);
    field.focus({ preventScroll: true });
    see(field, "center");
  };
  const ACTS = {
    j: () => step(1),
    k: () => step(-1),
    a: () => {
      const form = find("#detail form[data-verb=accept]");
      if (form && "plain" in form.dataset) form.requestSubmit();
      else goTo("accept");
    },
    d: () => goTo("decline"),
    q: () => goTo("query"),
    u: () => {
      const form = find("form.undo");
      if (form) form.requestSubmit();
      else fail(words().nothing);
    },
    x: () => {
      const row = document.activeElement.closest?.(".rows li") ?? find(".rows .current");
      row && find("[name=chosen]", row)?.click();
      find("#spoken").textContent = `${words().selected} ${selected().size}`;
    },
    "/": () => { const field = find("#q"); field.focus(); field.select(); },
    "?": help,
  };
  // On a keyboard of another script, the key at the place of the Latin letter.
  const keyOf = (event) =>
    /^[\x21-\x7e]$/.test(event.key) ? event.key : /^Key[A-Z]$/.test(event.code) && [...event.key].length === 1 ? event.code[3].toLowerCase() : event.key;
  document.addEventListener("keydown", (event) => {
    active = true;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || sheet.open) return;
    if (event.key === "Escape") {
      if (isField(document.activeElement)) document.activeElement.blur();
      return;
    }
    if (isField(event.target)) return;
    const inRows = document.activeElement.closest?.(".rows");
    if (inRows && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const links = rowLinks();
      const at = links.indexOf(find("a", document.activeElement.closest("li")));
      links[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
      return;
    }
    const act = keysAct() && ACTS[keyOf(event)];
    if (!act) return;
    event.preventDefault();
    // A key that is held down decides nothing.
    if (!event.repeat && !busy) act();
  });
  document.addEventListener("pointermove", () => { active = true; }, { passive: true });

  // ── the heartbeat of a claim: only while somebody is there, so that it keeps no session alive either ──
  setInterval(async () => {
    const form = find("#beat");
    if (!form || document.hidden || !active) return;
    active = false;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
    if (answer?.status !== 409) return;
    // A colleague's now: said, and no more; the page may be full of words. To accept it takes more than one key.
    form.remove();
    delete find("#detail form[data-verb=accept]")?.dataset.plain;
    tell(words().taken);
  }, 120_000);
})();
