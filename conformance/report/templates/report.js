"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Copying needs a gesture and works from a file too, where the clipboard may be closed to scripts.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  for (const button of $$("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copy($("code", button.parentElement).textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  const form = $("#filters");
  if (!form) return;
  const rows = $$("details.req");
  const tiles = new Map($$(".map .tile").map((tile) => [tile.dataset.for, tile]));
  const chips = $$(".chip", form);
  const chapter = $("#chapter"), search = $("#search"), unfold = $("#unfold");
  const words = new Map();
  const wordsOf = (row) => {
    if (!words.has(row)) {
      const parts = $$("summary .id, summary .title, summary .level, .why, .sides, .ask dd", row);
      words.set(row, parts.map((part) => part.textContent).join(" ").toLowerCase());
    }
    return words.get(row);
  };

  const state = () => ({
    show: chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.show),
    chapter: chapter.value,
    q: search.value.trim(),
  });
  const fragment = ({ show, chapter: name, q }) => {
    const parts = new URLSearchParams();
    if (show.length) parts.set("show", show.join(","));
    if (name) parts.set("chapter", name.replace(/^chapter-/, ""));
    if (q) parts.set("q", q);
    return parts.toString().replaceAll("%2C", ",");
  };
  const matches = (row, { show, chapter: name, q }) =>
    (!show.length || show.includes(row.dataset.kind)) &&
    (!name || row.dataset.chapter === name) &&
    q.toLowerCase().split(/\s+/).every((word) => !word || wordsOf(row).includes(word));

  const apply = () => {
    const now = state();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !matches(row, now);
      tiles.get(row.id)?.classList.toggle("dim", row.hidden);
      shown += row.hidden ? 0 : 1;
    }
    for (const section of $$("section.chapter")) section.hidden = !$("details.req:not([hidden])", section);
    $("#none").hidden = shown > 0;
    $("#found").textContent = shown === rows.length
      ? `All ${rows.length} requirements` : `${shown} of ${rows.length} requirements`;
    return now;
  };
  const changed = () => {
    const text = fragment(apply());
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  };
  const set = ({ show = [], name = "", q = "" }) => {
    for (const chip of chips) chip.setAttribute("aria-pressed", String(show.includes(chip.dataset.show)));
    chapter.value = name;
    search.value = q;
    apply();
  };

  // A fragment is either the id of something on this page or a filter.
  const follow = () => {
    let text = location.hash.slice(1);
    try { text = decodeURIComponent(text); } catch { /* not encoded by us: taken as it is */ }
    const found = text && document.getElementById(text);
    if (!found) {
      const parts = new URLSearchParams(location.hash.slice(1));
      const name = parts.get("chapter");
      if (["show", "chapter", "q"].some((key) => parts.has(key)) || !text) {
        set({ show: (parts.get("show") || "").split(","), name: name ? `chapter-${name}` : "", q: parts.get("q") || "" });
      }
      if (text) $("#requirements").scrollIntoView({ block: "start" });
      return;
    }
    if (found.hidden || found.closest("[hidden]")) set({});
    if (found.matches("details")) {
      found.open = true;
      $("summary", found).focus({ preventScroll: true });
    }
    found.scrollIntoView({ block: "start" });
  };

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      changed();
    });
  }
  chapter.addEventListener("change", changed);
  search.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => { event.preventDefault(); set({}); changed(); });
  unfold.addEventListener("click", () => {
    const open = unfold.getAttribute("aria-pressed") !== "true";
    unfold.setAttribute("aria-pressed", String(open));
    unfold.textContent = open ? "Close all" : "Open all";
    for (const row of rows) if (!row.hidden) row.open = open;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) follow();
  });
  window.addEventListener("hashchange", follow);

  // On paper the findings stand open.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = rows.filter((row) => !row.open && !row.hidden && ["failed", "warning", "inconclusive"].includes(row.dataset.kind));
    for (const row of closed) row.open = true;
  });
  window.addEventListener("afterprint", () => { for (const row of closed) row.open = false; });

  form.hidden = false;
  apply();
  follow();
  // The browser goes to the fragment by itself once the page is loaded, and takes the focus along.
  window.addEventListener("load", () => requestAnimationFrame(follow));
})();
