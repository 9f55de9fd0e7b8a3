"use strict";
(() => {
  const tip = document.getElementById("tip");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Tooltips: what stands in a title is shown at once, under the mouse, the finger or the focus.
  const words = (element) => {
    if (element.matches("a.hint")) return document.getElementById(element.hash.slice(1)).querySelector("dd").textContent;
    const title = [...element.children].find((child) => child.localName === "title");
    if (title) {
      element.setAttribute("aria-label", title.textContent);
      title.remove();
    } else if (element.hasAttribute("title")) {
      element.dataset.tip = element.getAttribute("title");
      element.removeAttribute("title");
    }
    return element.dataset?.tip || (element.namespaceURI.endsWith("svg") && element.getAttribute("aria-label")) || "";
  };
  const told = (target) => {
    for (let element = target; element instanceof Element && element !== document.body; element = element.parentElement) {
      if (element.localName === "svg") return null;
      if (words(element)) return element;
    }
    return null;
  };
  const show = (element, x, y) => {
    tip.textContent = words(element);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.min(Math.max(x + 12, 12), innerWidth - box.width - 12);
    const below = y + 18 + box.height < innerHeight;
    tip.style.left = `${Math.max(left, 12)}px`;
    tip.style.top = `${below ? y + 18 : Math.max(y - box.height - 12, 4)}px`;
  };
  const beside = (element) => {
    const box = element.getBoundingClientRect();
    show(element, box.left, box.bottom - 12);
  };
  const hide = () => { tip.hidden = true; };
  document.addEventListener("pointerover", (event) => {
    const element = told(event.target);
    if (element) show(element, event.clientX, event.clientY); else hide();
  });
  document.addEventListener("focusin", (event) => {
    const element = event.target.matches(".hint") && told(event.target);
    if (element) beside(element); else hide();
  });
  document.addEventListener("click", (event) => {
    const hint = event.target.closest?.("a.hint");
    if (!hint) return;
    event.preventDefault();
    show(hint, event.clientX, event.clientY);
  });
  document.addEventListener("focusout", hide);
  // The focus of a key may itself scroll the page.
  document.addEventListener("scroll", () => {
    const hint = document.activeElement;
    if (!tip.hidden && hint.matches(".hint:focus-visible")) beside(hint); else hide();
  }, { passive: true, capture: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // Tables that sort: by data-sort, or by what the cell says; empty cells last.
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = (cell.dataset.sort ?? cell.textContent).trim();
    const number = Number(text.replace(/[\s\u202f%]/g, "").replace("\u2212", "-"));
    return text === "" || text === "\u2013" ? null : Number.isNaN(number) ? text.toLowerCase() : number;
  };
  const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  const sort = (table, header, column) => {
    const way = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", way);
    const rows = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
    rows.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : compare(a, b) * (way === "ascending" ? 1 : -1)));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((header, column) => {
      if (header.classList.contains("plain")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sort(table, header, column));
    });
  }

  // The filter of the table of motifs: every word must be in the row.
  for (const input of all("input[data-filter]")) {
    const table = document.getElementById(input.dataset.filter);
    const only = document.querySelector(`input[data-only="${table.id}"]`);
    const shown = document.querySelector(`[data-shown="${table.id}"]`);
    const filter = () => {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const rows = [...table.tBodies[0].rows];
      for (const row of rows) {
        const fits = wanted.every((word) => row.dataset.text.includes(word));
        row.hidden = !fits || (only.checked && row.dataset.status !== "significant");
      }
      const left = rows.filter((row) => !row.hidden).length;
      shown.textContent = left === rows.length ? "" : `${left} of ${rows.length}`;
    };
    input.addEventListener("input", filter);
    only.addEventListener("change", filter);
    filter();
  }

  // A link to a card unfolds it, and what it is folded into.
  const unfold = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let element = target; element; element = element.parentElement) if (element.localName === "details") element.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.hash === location.hash) unfold();
  });
  unfold();

  // On paper everything is unfolded.
  let folded = [];
  addEventListener("beforeprint", () => { folded = all("details:not([open])"); folded.forEach((details) => { details.open = true; }); });
  addEventListener("afterprint", () => { folded.forEach((details) => { details.open = false; }); folded = []; });

  for (const button of all("button[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent.trim());
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }
})();
