# Beth aeth o’i le, na chollwyd dim, a beth i’w wneud nesaf.
error-required = Llenwch yr ateb hwn
error-choose-one = Dewiswch un o’r atebion
error-choose-some = Dewiswch o leiaf un ateb
error-not-in-list = Dewiswch ateb o’r rhestr
error-too-long = Defnyddiwch { $max } nod neu lai
error-number = Rhowch rif cyfan, fel 12
error-number-range = Rhowch rif o { $min } i { $max }
error-date = Rhowch ddyddiad go iawn, fel 27 3 2026
error-date-missing = Rhowch ddiwrnod, mis a blwyddyn
error-email = Rhowch gyfeiriad e-bost, fel enw@example.com
error-time = Rhowch amser, fel 3:30pm neu 15:30
error-not-saved = Ni allem gadw hyn. Ni chollwyd dim a deipioch. Rhowch gynnig arall arni.
error-form-too-big = Roedd hynny’n ormod i’w anfon ar unwaith. Ni chadwyd dim. Byrhewch ef a rhowch gynnig arall arni.
error-form-unreadable = Ni allem ddarllen yr hyn a anfonwyd. Ni chadwyd dim. Ewch yn ôl a rhowch gynnig arall arni.
error-form-expired = Roedd y dudalen hon ar agor yn rhy hir i fod yn ddiogel. Ni chollwyd dim a deipioch. Gwiriwch a’i anfon eto.
