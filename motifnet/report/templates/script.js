"use strict";
(() => {
  const tip = document.getElementById("tip");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Tooltips: titles are shown without delay, for mouse, touch and keyboard focus.
  const tooltip = (element) => {
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
  const described = (target) => {
    for (let element = target; element instanceof Element && element !== document.body; element = element.parentElement) {
      if (element.localName === "svg") return null;
      if (tooltip(element)) return element;
    }
    return null;
  };
  const show = (element, x, y) => {
    tip.textContent = tooltip(element);
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
    const element = described(event.target);
    if (element) show(element, event.clientX, event.clientY); else hide();
  });
  document.addEventListener("focusin", (event) => {
    const element = event.target.matches(".hint") && described(event.target);
    if (element) beside(element); else hide();
  });
  document.addEventListener("click", (event) => {
    const hint = event.target.closest?.("a.hint");
    if (!hint) return;
    event.preventDefault();
    show(hint, event.clientX, event.clientY);
  });
  document.addEventListener("focusout", hide);
  // Moving the focus by keyboard may scroll the page; the tooltip stays then.
  document.addEventListener("scroll", () => {
    const hint = document.activeElement;
    if (!tip.hidden && hint.matches(".hint:focus-visible")) beside(hint); else hide();
  }, { passive: true, capture: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // Sortable tables: by data-sort, otherwise by the text of the cell; empty cells last.
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = (cell.dataset.sort ?? cell.textContent).trim();
    const number = Number(text.replace(/[\s\u202f%]/g, "").replace("\u2212", "-"));
    return text === "" || text === "\u2013" ? null : Number.isNaN(number) ? text.toLowerCase() : number;
  };
  const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  const sort = (table, header, column) => {
    const order = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", order);
    const rows = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
    rows.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : compare(a, b) * (order === "ascending" ? 1 : -1)));
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

  // Filter of a table: a row must contain every search term.
  for (const input of all("input[data-filter]")) {
    const table = document.getElementById(input.dataset.filter);
    const only = document.querySelector(`input[data-only="${table.id}"]`);
    const shown = document.querySelector(`[data-shown="${table.id}"]`);
    const filter = () => {
      const terms = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const rows = [...table.tBodies[0].rows];
      for (const row of rows) {
        const matches = terms.every((term) => row.dataset.text.includes(term));
        row.hidden = !matches || (only?.checked && row.dataset.status !== "significant");
      }
      const left = rows.filter((row) => !row.hidden).length;
      shown.textContent = left === rows.length ? "" : `${left} of ${rows.length}`;
    };
    input.addEventListener("input", filter);
    only?.addEventListener("change", filter);
    filter();
  }

  // A link to a card opens the card and the section around it.
  const openTarget = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let element = target; element; element = element.parentElement) if (element.localName === "details") element.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", openTarget);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.hash === location.hash) openTarget();
  });
  openTarget();

  // When printed, all sections are open.
  let closed = [];
  addEventListener("beforeprint", () => { closed = all("details:not([open])"); closed.forEach((details) => { details.open = true; }); });
  addEventListener("afterprint", () => { closed.forEach((details) => { details.open = false; }); closed = []; });

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
