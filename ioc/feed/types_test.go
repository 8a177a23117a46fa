package feed

import (
	"fmt"
	"strings"
	"testing"
)

const (
	md5Hash    = "44d88612fea8a8f36de82e1278abb02f"
	sha1Hash   = "3395856ce81f2b7382dee72602f798b642f14140"
	sha256Hash = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
)

// URLs and hashes as feeds of each kind have them, and what looks like them.
func TestURLsAndHashes(t *testing.T) {
	for _, tt := range []struct{ name, text, kind, want, reasons string }{
		{"URLhaus", "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n" +
			`"1","2026-05-20 10:00:00","http://203.0.113.7:8080/bin.sh","online","2026-05-20","malware_download","elf,mirai","https://urlhaus.example.org/url/1/","x"` + "\n" +
			`"2","2026-05-20 10:00:01","https://evil.example/","offline","2026-05-20","malware_download","","https://urlhaus.example.org/url/2/","x"` + "\n",
			"csv", "url http://203.0.113.7:8080/bin.sh", "map[URL without a path: --url-hosts takes its host:1]"},
		{"URLhaus JSON", `{"1":[{"dateadded":"2026-05-20 10:00:00 UTC","url":"http://evil.example/x","url_status":"online","threat":"malware_download","tags":["elf"]}]}`,
			"json", "url http://evil.example/x", "map[]"},
		{"MalwareBazaar", "# \"first_seen_utc\",\"sha256_hash\",\"md5_hash\",\"sha1_hash\",\"reporter\",\"file_name\",\"imphash\"\n" +
			fmt.Sprintf("\"2026-05-20 10:00:00\", \"%s\", \"%s\", \"%s\", \"x\", \"a.exe\", \"f34d5f2d4577ed6d9ceec516c1f5a744\"\n", sha256Hash, strings.ToUpper(md5Hash), sha1Hash),
			"csv", "hash " + sha256Hash + ", hash " + md5Hash + ", hash " + sha1Hash, "map[]"},
		{"certificates of SSLBL", "# Listingdate,SHA1,Listingreason\n2026-05-20 10:00:00," + sha1Hash + ",Vidar C&C\n2026-05-20 10:00:00,evil.example,x\n",
			"csv", "", "map[hash that is not the MD5, SHA-1 or SHA-256 of a file:2]"},
		{"links beside values", "2026-08-16 01:04:58,x,domain,evil.example,#phishing,https://social.example/x/1\n2026-08-16 01:04:59,x,url,https://evil.example/a,#phishing,https://social.example/x/2\n" +
			"2026-08-16 01:05:58,x,sha256," + sha256Hash + ",#elf,https://social.example/x/3\n",
			"csv-noheader", "domain evil.example, url https://evil.example/a, hash " + sha256Hash, "map[]"},
		{"MISP", `{"Event":{"Attribute":[{"type":"url","to_ids":true,"value":"http://evil.example/a"},{"type":"uri","to_ids":true,"value":"/gate.php"},` +
			`{"type":"md5","to_ids":true,"value":"` + md5Hash + `"},{"type":"filename|sha256","to_ids":true,"value":"a|` + sha256Hash + `"},{"type":"malware-sample","to_ids":true,"value":"b.exe|` + md5Hash + `"},` +
			`{"type":"imphash","to_ids":true,"value":"f34d5f2d4577ed6d9ceec516c1f5a744"},{"type":"ja3-fingerprint-md5","to_ids":true,"value":"f34d5f2d4577ed6d9ceec516c1f5a745"},` +
			`{"type":"x509-fingerprint-sha1","to_ids":true,"value":"` + sha1Hash + `"},{"type":"link","to_ids":true,"value":"https://blog.example/post"}]}}`,
			"misp", "url http://evil.example/a, hash " + md5Hash + ", hash " + sha256Hash,
			"map[URL path:1 hash that is not the MD5, SHA-1 or SHA-256 of a file:1 type ja3-fingerprint-md5:1 type link:1 type x509-fingerprint-sha1:1]"},
		{"STIX", `{"type":"bundle","objects":[` + stixOf("[url:value = 'http://evil.example/a']") + "," + stixOf("[file:hashes.'SHA-256' = '"+sha256Hash+"' OR file:hashes.MD5 = '"+strings.ToUpper(md5Hash)+"']") + "," +
			stixOf("[x509-certificate:hashes.'SHA-1' = '"+sha1Hash+"']") + "," + stixOf("[file:hashes.SSDEEP = '3:AIO9AJraNvsgzsVqSwHqiUZ:AeJuOgzskwZ']") + `]}`,
			"stix", "url http://evil.example/a, hash " + sha256Hash + ", hash " + md5Hash, "map[hash that is not the MD5, SHA-1 or SHA-256 of a file:2]"},
		{"STIX without hyphens", `{"type":"bundle","objects":[` + stixOf("[file:hashes.SHA256 = '"+sha256Hash+"' OR file:hashes.SHA1 = '"+sha1Hash+"' OR file:hashes.'MD5' = '"+md5Hash+"']") + "," +
			stixOf("[file:hashes.SHA512 = '"+sha256Hash+sha256Hash+"']") + "," + stixOf("[x509-certificate:hashes.SHA1 = '"+sha1Hash+"']") + `]}`,
			"stix", "hash " + sha256Hash + ", hash " + sha1Hash + ", hash " + md5Hash, "map[hash that is not the MD5, SHA-1 or SHA-256 of a file:2]"},
		{"STIX that says last what it is", `{"id":"bundle--1","objects":[{"description":"` + strings.Repeat("x", headSize) + `","id":"report--1","type":"report"},` +
			stixOf("[url:value = 'http://evil.example/a']") + `],"type":"bundle"}`,
			"stix", "url http://evil.example/a", "map[no indicator: report:1]"},
		{"OpenIOC", `<OpenIOC><IndicatorItem condition="contains"><Context search="Network/URI"/><Content>evil.example/a/b</Content></IndicatorItem>` +
			`<IndicatorItem condition="is"><Context search="FileItem/Sha1sum"/><Content>` + sha1Hash + `</Content></IndicatorItem>` +
			`<IndicatorItem condition="is"><Context search="FileItem/PEInfo/Sections/Section/Md5sum"/><Content>` + md5Hash + `</Content></IndicatorItem></OpenIOC>`,
			"openioc", "url evil.example/a/b, hash " + sha1Hash, "map[item on FileItem/PEInfo/Sections/Section/Md5sum:1]"},
		{"Zeek", "#fields\tindicator\tindicator_type\tmeta.source\n\n# own\n \t\nevil.example/a\tIntel::URL\tx\n" + sha1Hash + "\tIntel::FILE_HASH\tx\n" + md5Hash + "\tIntel::CERT_HASH\tx\n",
			"zeek-intel", "url evil.example/a, hash " + sha1Hash, "map[hash that is not the MD5, SHA-1 or SHA-256 of a file:1]"},
		{"Defender", "IndicatorType,IndicatorValue,ExpirationTime,Action\nUrl,https://evil.example/a,,Block\nFileSha256," + sha256Hash + ",,Block\nFileMd5," + md5Hash + ",,Allowed\nCertificateThumbprint," + sha1Hash + ",,Block\n",
			"csv", "url https://evil.example/a, hash " + sha256Hash, "map[allowed: an exception, not an indicator:1 type CertificateThumbprint:1]"},
		{"OTX", "indicator,type\nhttp://evil.example/a,URL\n/gate.php,URI\n" + md5Hash + ",FileHash-MD5\n" + sha1Hash + ",FileHash-SHA1\n" + sha256Hash + ",FileHash-SHA256\nf34d5f2d4577ed6d9ceec516c1f5a744,FileHash-IMPHASH\n",
			"csv", "url http://evil.example/a, hash " + md5Hash + ", hash " + sha1Hash + ", hash " + sha256Hash, "map[URL path:1 hash that is not the MD5, SHA-1 or SHA-256 of a file:1]"},
		{"types that do not fit", "value,type\nhttp://evil.example/a,domain\n" + md5Hash + ",ip\nevil.example,md5\n203.0.113.7,url\nevil.bit/a,url\n3:abc/d+e:fg,hash\n",
			"csv", "url http://evil.example/a, hash " + md5Hash + ", url evil.bit/a", "map[URL without a path: --url-hosts takes its host:1 hash that is not the MD5, SHA-1 or SHA-256 of a file:2]"},
		{"prose", "The loader hxxp://evil[.]example/a.sh has SHA256 " + sha256Hash + " and more.\n\nSee also:\n- https://blog.example/post\n- `https://blog.example/code`\n```\n198.51.100.7/bot.mips\n```\nor 198.51.100.8/bot.arm\n",
			"text", "url http://evil.example/a.sh, hash " + sha256Hash + ", url 198.51.100.7/bot.mips", "map[URL that is not defanged: --iocs-format text-all takes it:2 not defanged, in prose: --iocs-format text-all takes it:1]"},
		{"adblock", "! x\n||evil.example/a^\n||evil.example^\n", "adblock", "url evil.example/a, domain evil.example", "map[]"},
		{"rule page", "Malware Family: Mirai Total IOCs: 2 IOC Types: url, sha256_hash\n| Type | Value | Threat Type |\n|---|---|---|\n| url | hxxp://evil[.]example/a | payload |\n| sha256_hash | " + sha256Hash + " | payload |\n",
			"rule-page", "url http://evil.example/a, hash " + sha256Hash, "map[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, reports, err := read(t, []Source{of(tt.text)}, Options{})
			if (err != nil) != (tt.want == "") {
				t.Fatal(err)
			}
			var got []string
			for i := range list {
				got = append(got, list[i].Type.String()+" "+list[i].Value)
			}
			if text := strings.Join(got, ", "); text != tt.want {
				t.Errorf("got  %s\nwant %s", text, tt.want)
			}
			if reasons := fmt.Sprint(reports[0].Reasons); reasons != tt.reasons || reports[0].Kind != tt.kind {
				t.Errorf("%s, %s; want %s, %s", reports[0].Kind, reasons, tt.kind, tt.reasons)
			}
		})
	}
}

func stixOf(p string) string {
	return fmt.Sprintf(`{"type":"indicator","pattern":%q}`, p)
}

// The host of a URL is taken beside it, or in its place where it is all there is.
func TestURLHosts(t *testing.T) {
	const text = "http://evil.example/a\nhttps://evil.example/\nhttp://203.0.113.7:81/x\nhttp://203.0.113.8/\nhttp://[2001:db8::1]:8080/x?y\nhttp://co.uk/a\nhttp://server/\nother.example/x\n"
	list, reports, err := read(t, []Source{of(text)}, Options{URLHosts: true})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "with hosts", lines(list), `
url http://evil.example/a at=feed:1
url http://203.0.113.7:81/x at=feed:3
url http://[2001:db8::1]:8080/x?y at=feed:5
url http://co.uk/a at=feed:6
url other.example/x at=feed:8
domain evil.example at=feed:1,feed:2
ip:port 203.0.113.7:81 at=feed:3
ip 203.0.113.8 at=feed:4
ip:port [2001:db8::1]:8080 at=feed:5
domain other.example at=feed:8
`)
	compare(t, "rejects", faults(reports[0].Rejects), "7 http://server/: single label\n")
	compare(t, "warnings", faults(reports[0].Warnings), "6 http://co.uk/a: host not taken: public suffix\n")
	list, reports, err = read(t, []Source{of(text)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 5 || fmt.Sprint(reports[0].Reasons) != "map[URL without a path: --url-hosts takes its host:3]" {
		t.Errorf("without: %s%v", lines(list), reports[0].Reasons)
	}
}
