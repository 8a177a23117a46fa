package ioc

// endsAsFile reports whether a name, in normal form, ends as those of programs, scripts,
// documents and archives do, and as no top-level domain: wermgr.exe, 2022.rar. Feeds
// list such names among others, and no resolver is ever asked for them. Endings that are
// top-level domains as well (com, zip, sh, py, app) are left to those who know more.
func endsAsFile(name []byte) bool {
	n := len(name)
	for i := n - 1; i > 0 && i >= n-5; i-- {
		if name[i] == '.' {
			return fileEndings[string(name[i+1:])]
		}
	}
	return false
}

// fileEndings are of four letters at most.
var fileEndings = func() map[string]bool {
	endings := map[string]bool{}
	for _, e := range []string{
		"exe", "dll", "sys", "scr", "cpl", "ocx", "msi", "msp", "elf", "apk", "jar", "dmg", "deb", "rpm",
		"bat", "cmd", "ps1", "psm1", "psd1", "vbs", "vbe", "js", "jse", "wsf", "hta", "php", "jsp", "asp", "aspx",
		"doc", "docm", "docx", "dotm", "xls", "xlsm", "xlsx", "xlsb", "xll", "ppt", "pptm", "pptx", "rtf", "pdf", "txt", "csv", "html", "htm",
		"rar", "7z", "gz", "tgz", "iso", "img", "vhd", "lnk", "url", "chm", "reg", "inf", "ini", "tmp", "log", "bin", "dat",
		"png", "jpg", "jpeg", "gif", "bmp", "xml", "json", "yml", "yaml", "evtx", "pcap",
	} {
		endings[e] = true
	}
	return endings
}()
