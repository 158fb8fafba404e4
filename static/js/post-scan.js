/* The camera as a scanner, where the browser can read bar codes itself; elsewhere the field is typed into. */
(function () {
  "use strict";
  var form = document.querySelector("form.scan");
  if (!form) { return; }
  var field = form.querySelector("#code");
  var button = form.querySelector("[data-camera]");
  var view = form.querySelector("[data-camera-view]");
  var video = view.querySelector("video");
  var refused = form.querySelector("[data-camera-refused]");
  var stream = null;

  field.focus();
  field.select();
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) { return; }
  button.hidden = false;

  function stop() {
    if (stream) { stream.getTracks().forEach(function (track) { track.stop(); }); }
    stream = null;
    view.hidden = true;
    button.hidden = false;
  }

  function look(detector) {
    if (!stream) { return; }
    detector.detect(video).then(function (found) {
      if (!stream) { return; }
      if (found.length) {
        field.value = found[0].rawValue;
        stop();
        form.requestSubmit();
      } else {
        window.setTimeout(look, 150, detector);
      }
    }).catch(function () { window.setTimeout(look, 500, detector); });
  }

  button.addEventListener("click", function () {
    refused.hidden = true;
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (opened) {
      stream = opened;
      video.srcObject = opened;
      view.hidden = false;
      button.hidden = true;
      return video.play();
    }).then(function () {
      look(new window.BarcodeDetector({ formats: ["code_128", "qr_code"] }));
    }).catch(function () { stop(); refused.hidden = false; field.focus(); });
  });
  form.querySelector("[data-camera-stop]").addEventListener("click", stop);
}());
