// Filter and sort the findings of the page; without this script the page is whole, only longer to search.
(function () {
  "use strict";
  const tools = document.getElementById("tools");
  if (!tools) return;
  const fields = {
    q: document.getElementById("filter-text"),
    severity: document.getElementById("filter-severity"),
    decision: document.getElementById("filter-decision"),
  };
  const count = document.getElementById("filter-count");
  const rows = Array.from(document.querySelectorAll(".findings tbody tr"), function (row, place) {
    return { row: row, place: place, text: "", severity: row.dataset.s, decision: row.dataset.d };
  });

  function apply() {
    const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of rows) {
      if (words.length && !one.text) one.text = one.row.textContent.toLowerCase();
      const fits =
        (!fields.severity.value || one.severity === fields.severity.value) &&
        (!fields.decision.value || one.decision === fields.decision.value) &&
        words.every((word) => one.text.includes(word));
      if (one.row.hidden === fits) one.row.hidden = !fits;
      if (fits) shown += 1;
    }
    count.textContent = shown.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " findings";
  }

  function fromHash() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const [name, field] of Object.entries(fields)) {
      field.value = asked.get(name) || "";
      if (field.selectedIndex === -1) field.value = "";
    }
    if ((asked.get("sort") || "") !== order) sort(asked.get("sort") || "");
    apply();
  }

  function toHash() {
    const asked = new URLSearchParams();
    for (const [name, field] of Object.entries(fields)) if (field.value) asked.set(name, field.value);
    if (order) asked.set("sort", order);
    history.replaceState(null, "", "#" + asked);
    apply();
  }

  const ranks = ["critical", "high", "medium", "low", "unknown"];
  function key(one, column) {
    if (column === 0) return String(ranks.indexOf(one.severity));
    return one.row.cells[column].firstElementChild.textContent.toLowerCase();
  }

  // `package` sorts up by that column, `-package` down, anything else is the order of the report.
  let order = "";
  function sort(wanted) {
    order = wanted;
    const up = !wanted.startsWith("-");
    const name = wanted.replace(/^-/, "");
    const words = new Intl.Collator("en", { numeric: true });
    for (const table of document.querySelectorAll(".findings")) {
      const headings = Array.from(table.tHead.rows[0].cells);
      const column = headings.findIndex((heading) => heading.textContent.toLowerCase() === name);
      headings.forEach((heading) => heading.removeAttribute("aria-sort"));
      if (column >= 0) headings[column].setAttribute("aria-sort", up ? "ascending" : "descending");
      const mine = rows.filter((one) => table.contains(one.row));
      const keys = new Map(mine.map((one) => [one, column < 0 ? "" : key(one, column)]));
      mine.sort((a, b) => (up ? 1 : -1) * words.compare(keys.get(a), keys.get(b)) || a.place - b.place);
      // Away from the page while its rows move: 25,000 take a second, not a minute.
      const body = table.tBodies[0];
      body.remove();
      body.append(...mine.map((one) => one.row));
      table.append(body);
    }
  }

  function sortable(heading) {
    const name = heading.textContent.toLowerCase();
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", function () {
      sort(order === name ? "-" + name : name);
      toHash();
    });
  }

  for (const table of document.querySelectorAll(".findings")) Array.from(table.tHead.rows[0].cells, sortable);
  fields.q.addEventListener("input", toHash);
  fields.severity.addEventListener("change", toHash);
  fields.decision.addEventListener("change", toHash);
  window.addEventListener("hashchange", fromHash);
  tools.hidden = false;
  fromHash();
})();
