# Dangos sut i gysylltu â rhywun: am reswm, unwaith, ar gofnod. Drafft peiriant: i'w wirio gan siaradwr Cymraeg.

reveal-before = Cofnodir yr hyn a ddangosir i chi. Bydd y gweithiwr a anfonodd y cais hwn yn darllen pwy a’i gwelodd, pryd a pham.
reveal-start = Gweld sut i gysylltu â nhw
reveal-why = Pam mae ei angen arnoch nawr?
reveal-why-first_contact = I gysylltu am y tro cyntaf
reveal-why-arrange = I gytuno ar amser neu ei newid
reveal-why-not_heard_from = Does neb wedi clywed ganddynt
reveal-why-other = Rhywbeth arall
reveal-why-life_at_risk = Mae bywyd mewn perygl nawr
reveal-why-needed = Dewiswch pam mae ei angen arnoch
reveal-more = Pam mae ei angen arnoch
reveal-more-needed = Ysgrifennwch pam mae ei angen arnoch
reveal-show = Dangoswch i mi
reveal-at-risk-what = Os yw rhywun mewn perygl y funud hon, ffoniwch 999 yn gyntaf. Yma fe’i dangosir i chi ar unwaith, heb brofi eto pwy ydych chi. Wedyn caiff ei adolygu.
reveal-danger = Beth sy’n digwydd?
reveal-danger-needed = Ysgrifennwch mewn ychydig eiriau beth sy’n digwydd
reveal-show-now = Dangoswch i mi ar unwaith
reveal-recorded = Dangosir hwn unwaith. Cofnodwyd eich bod wedi’i weld, a pham.
reveal-once = Dangoswyd hwn i chi eisoes. Fe’i dangosir unwaith: gofynnwch eto os oes ei angen arnoch o hyd.
reveal-shown-heading = Pwy a welodd sut i gysylltu â nhw
link-code-again = Rhowch y cod unwaith eto. Mae gormod o amser ers i chi ei roi.
look-contact_reveal_at_risk = Gwelodd sut i gysylltu ar unwaith, am fod bywyd mewn perygl
task-kind-review_reveal = Adolygu pam y dangoswyd i rywun ar unwaith sut i gysylltu â’r person hwn
