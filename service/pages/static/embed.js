// For websites of an organizer: puts its list of workshops, or a registration form, where the page asks for it.
//   <div data-bimtek="list"></div>
//   <div data-bimtek="form" data-workshop="bimtek-1" data-lang="en"></div>
//   <script src="https://(the service)/embed/(organizer).js" async></script>
// No cookie, no storage, nothing is sent anywhere; the frame tells its height and that is all.
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script) return;
  var here = new URL(script.src);
  var root = here.href.split("?")[0].replace(/\.js$/, "");
  var frames = [];

  function language(place) {
    var said = place.getAttribute("data-lang") || place.lang || document.documentElement.lang || "";
    said = said.slice(0, 2).toLowerCase();
    return said === "id" || said === "en" ? said : "";
  }

  function name(kind, said) {
    if (said === "en") return kind === "form" ? "Registration" : "List of workshops";
    return kind === "form" ? "Pendaftaran kegiatan" : "Daftar kegiatan";
  }

  function fill(place) {
    if (place.hasAttribute("data-bimtek-filled")) return;
    var kind = place.getAttribute("data-bimtek");
    var workshop = place.getAttribute("data-workshop");
    if (kind !== "list" && !(kind === "form" && workshop)) return;
    var frame = document.createElement("iframe");
    var said = language(place);
    frame.src = root + (kind === "form" ? "/" + encodeURIComponent(workshop) : "") + (said && "?lang=" + said);
    frame.title = place.getAttribute("data-title") || name(kind, said);
    frame.style.cssText = "display:block;width:100%;border:0;height:" + (kind === "form" ? 1200 : 480) + "px";
    frame.setAttribute("referrerpolicy", "strict-origin");
    place.setAttribute("data-bimtek-filled", "");
    place.appendChild(frame);
    frames.push(frame);
  }

  function fillAll() {
    Array.prototype.forEach.call(document.querySelectorAll("[data-bimtek]"), fill);
  }

  window.addEventListener("message", function (event) {
    if (event.origin !== here.origin || !event.data || event.data.bimtek !== "frame") return;
    frames.forEach(function (frame) {
      if (frame.contentWindow !== event.source) return;
      var height = Number(event.data.height);
      if (height > 0 && height < 30000) frame.style.height = Math.ceil(height) + "px";
      // After a form was sent the frame begins anew, far above what is seen.
      if (event.data.top && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    });
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fillAll);
  else fillAll();
})();
